// Starts GraphiQL with three examples. Everything it loads comes from this server.
"use strict";

const here = document.currentScript.src;
const endpoint = location.pathname;
const socket = `${location.protocol === "https:" ? "wss:" : "ws:"}//${location.host}${endpoint}`;

// A browser cannot set headers on a WebSocket: the token goes into the connection's parameters.
function connectionParams(headers) {
  const sent = Object.entries(headers ?? {});
  const token = sent.find(([name]) => name.toLowerCase() === "authorization");
  return token ? { Authorization: token[1] } : {};
}

// A connection for each run, so that it carries the token which stands in the headers editor now.
// It is not retried: going on "from now" would hide what was missed in between.
function fetcher(params, options) {
  const wsClient = graphqlWs.createClient({
    url: socket,
    connectionParams: connectionParams(options?.headers),
    retryAttempts: 0,
  });
  const fetchers = { url: endpoint, wsClient, enableIncrementalDelivery: false };
  return GraphiQL.createFetcher(fetchers)(params, options);
}

async function tab(name, variables) {
  const answer = await fetch(new URL(`${name}.graphql`, here));
  return { query: await answer.text(), variables: JSON.stringify(variables, null, 2) };
}

async function start() {
  const defaultTabs = await Promise.all([
    tab("graph"), // no variables: GraphiQL 4 ignores those of the first tab
    tab("calls", { campaignId: "1", after: null, companyId: null }),
    tab("live", { campaignId: null, afterCursor: null, companyId: null }),
  ]);
  const root = ReactDOM.createRoot(document.getElementById("graphiql"));
  const shown = { fetcher, defaultTabs, defaultEditorToolsVisibility: "variables" };
  root.render(React.createElement(GraphiQL, shown));
}

start();
