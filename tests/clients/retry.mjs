// Follows a subscription with the client's own retries, prints each change's cursor, and says on
// standard error how each connection ended. It never ends by itself.
import { createClient as createSseClient } from 'graphql-sse';
import { createClient as createWsClient } from 'graphql-ws';
import WebSocket from 'ws';

const { door, url, query, variables } = JSON.parse(process.argv[2]);

let lastEventId = '';
const patience = { retryAttempts: 100, retryWait: () => new Promise((go) => setTimeout(go, 100)) };
const clients = {
  ws: () =>
    createWsClient({
      url,
      ...patience,
      webSocketImpl: WebSocket,
      // Of a refused connection a browser tells code 1006, on which it retries; Node.js an error.
      shouldRetry: () => true,
      on: { closed: ({ code }) => console.error(`closed ${code}`) },
    }),
  sse: () =>
    createSseClient({
      url,
      ...patience,
      headers: () => ({ 'Last-Event-ID': lastEventId }),
      on: { connecting: (again) => again && console.error('connecting again') },
    }),
};

for await (const result of clients[door]().iterate({ query, variables })) {
  if (!result.data) continue;
  lastEventId = result.extensions.cursor;
  console.log(JSON.stringify(lastEventId));
}
console.error('completed');
