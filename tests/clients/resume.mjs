// Subscribes as a page does that is built on Apollo Client or urql, and prints the cursor of each
// change. After every change its socket is destroyed, as by a lost network; it goes on from the
// cursor that it has.
import { ApolloClient, ApolloLink, gql, InMemoryCache } from '@apollo/client';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { Client, subscriptionExchange } from '@urql/core';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

const { library, url, query, variables, count } = JSON.parse(process.argv[2]);

let socket;
const transport = createClient({
  url,
  webSocketImpl: WebSocket,
  retryAttempts: 0, // a retry would begin where this one began, not where it ended
  on: { connected: (connected) => (socket = connected) },
});

const libraries = {
  apollo() {
    const client = new ApolloClient({
      cache: new InMemoryCache(),
      link: ApolloLink.from([new GraphQLWsLink(transport)]),
    });
    const document = gql(query);
    return (variables, observer) =>
      client.subscribe({ query: document, variables, fetchPolicy: 'no-cache' }).subscribe(observer);
  },
  urql() {
    const forwardSubscription = ({ query, variables }) => ({
      subscribe: (sink) => ({ unsubscribe: transport.subscribe({ query, variables }, sink) }),
    });
    const client = new Client({ url, exchanges: [subscriptionExchange({ forwardSubscription })] });
    return (variables, observer) =>
      client.subscription(query, variables).subscribe(observer.next);
  },
};

const subscribe = libraries[library]();

function nextCursor(variables) {
  return new Promise((resolve, reject) => {
    const heard = ({ data, error }) => {
      if (!data) return reject(error);
      const [{ cursor }] = Object.values(data).filter((field) => field.cursor);
      resolve({ cursor, subscription });
    };
    const subscription = subscribe(variables, { next: heard, error: reject, complete: reject });
  });
}

let cursor;
for (let heard = 0; heard < count; heard += 1) {
  const next = await nextCursor({ ...variables, cursor });
  cursor = next.cursor;
  console.log(JSON.stringify(cursor));
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.terminate();
  await closed;
  next.subscription.unsubscribe();
}
process.exit(0);
