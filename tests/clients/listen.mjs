// Subscribes with the clients that front ends use and prints what each subscription hears, one
// JSON text a line. With `resume` it leaves after every change and goes on from that one's cursor.
import { createClient as createSseClient } from 'graphql-sse';
import { createClient as createWsClient } from 'graphql-ws';
import WebSocket from 'ws';

const { door, url, query, variables, count, resume } = JSON.parse(process.argv[2]);

let lastEventId = '';

function connect() {
  if (door === 'ws') {
    return createWsClient({ url, webSocketImpl: WebSocket, retryAttempts: 0 });
  }
  return createSseClient({ url, retryAttempts: 0, headers: () => ({ 'Last-Event-ID': lastEventId }) });
}

async function hear(variables, count) {
  const client = connect();
  let heard = 0;
  let cursor;
  for await (const result of client.iterate({ query, variables })) {
    console.log(JSON.stringify(result));
    cursor = result.extensions?.cursor;
    heard += 1;
    if (heard === count) break;
  }
  client.dispose();
  return cursor;
}

if (resume) {
  let cursor = await hear(variables, 1);
  for (let heard = 1; heard < count; heard += 1) {
    if (door === 'sse') lastEventId = cursor;
    cursor = await hear(door === 'ws' ? { ...variables, cursor } : variables, 1);
  }
} else {
  await hear(variables, count);
}
