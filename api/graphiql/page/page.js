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

// A connection that never opened fails with a bare event, which GraphiQL would show as "isTrusted".
function readable(problem) {
  const bare = problem instanceof Event && !(problem instanceof CloseEvent);
  return bare ? new Error("The WebSocket could not be opened.") : problem;
}

// A connection for each run, so that it carries the token which stands in the headers editor now.
// It is not retried: going on "from now" would hide what was missed in between.
function socketClient(headers) {
  const client = graphqlWs.createClient({
    url: socket,
    connectionParams: connectionParams(headers),
    retryAttempts: 0,
  });
  const subscribe = (params, sink) =>
    client.subscribe(params, { ...sink, error: (problem) => sink.error(readable(problem)) });
  return { subscribe };
}

function fetcher(params, options) {
  const wsClient = socketClient(options?.headers);
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
    tab("calls", { campaignIds: null, after: null, companyId: null }),
    tab("live", { campaignId: null, after: null, afterCursor: null, companyId: null }),
  ]);
  const root = ReactDOM.createRoot(document.getElementById("graphiql"));
  const shown = { fetcher, defaultTabs, defaultEditorToolsVisibility: "variables" };
  root.render(React.createElement(GraphiQL, shown));
}

start();
