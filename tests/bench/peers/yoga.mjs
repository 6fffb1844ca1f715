// GraphQL Yoga with graphql-ws: takes events by `POST /events` and publishes the changes of status
// through its PubSub; nothing is stored. Prints its port.
import { createServer } from 'node:http'
import { useServer } from 'graphql-ws/use/ws'
import { createPubSub, createSchema, createYoga } from 'graphql-yoga'
import { WebSocketServer } from 'ws'

const pubSub = createPubSub()
const statuses = new Map()
let position = 0

const schema = createSchema({
  typeDefs: /* GraphQL */ `
    scalar DateTime
    scalar Position
    type Application { applicationId: ID! companyId: ID! campaignId: ID status: String }
    type ApplicationStatusChange {
      position: Position!
      cursor: String!
      occurredAt: DateTime!
      previousStatus: String
      status: String
      application: Application!
    }
    type Query { position: Position! }
    type Subscription {
      applicationStatusChanged(companyId: ID, campaignId: ID): ApplicationStatusChange!
    }
  `,
  resolvers: {
    Query: { position: () => position },
    Subscription: {
      applicationStatusChanged: {
        subscribe: (_, { companyId, campaignId }) =>
          pubSub.subscribe('applicationStatusChanged', `${companyId} ${campaignId}`),
        resolve: (change) => change
      }
    }
  }
})

function publish(event) {
  position += 1
  for (const { id, telemarketCampaignId, status } of event.tac) {
    const key = `${event.companyId} ${id}`
    const previousStatus = statuses.get(key) ?? null
    statuses.set(key, status)
    const change = {
      position,
      cursor: Buffer.from(`${position}.0`).toString('base64url'),
      occurredAt: event.eventCreationDate,
      previousStatus,
      status,
      application: {
        applicationId: id,
        companyId: event.companyId,
        campaignId: telemarketCampaignId,
        status
      }
    }
    const topic = `${event.companyId} ${telemarketCampaignId}`
    if (previousStatus !== status) pubSub.publish('applicationStatusChanged', topic, change)
  }
}

async function postEvents(request, response) {
  const chunks = []
  for await (const chunk of request) chunks.push(chunk)
  const posted = JSON.parse(Buffer.concat(chunks).toString())
  const events = Array.isArray(posted) ? posted : [posted]
  events.forEach(publish)
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify({ appended: events.length, duplicates: 0, rejected: [], position }))
}

const yoga = createYoga({ schema, logging: false })
const server = createServer((request, response) =>
  request.url === '/events' ? postEvents(request, response) : yoga(request, response))

// As Yoga's documentation says to join the two.
useServer(
  {
    execute: (args) => args.rootValue.execute(args),
    subscribe: (args) => args.rootValue.subscribe(args),
    onSubscribe: async (context, _id, params) => {
      const { schema, execute, subscribe, contextFactory, parse, validate } = yoga.getEnveloped({
        ...context,
        req: context.extra.request,
        socket: context.extra.socket,
        params
      })
      const args = {
        schema,
        operationName: params.operationName,
        document: parse(params.query),
        variableValues: params.variables,
        contextValue: await contextFactory(),
        rootValue: { execute, subscribe }
      }
      const errors = validate(args.schema, args.document)
      return errors.length ? errors : args
    }
  },
  new WebSocketServer({ server, path: yoga.graphqlEndpoint })
)

server.listen(0, '127.0.0.1', () => console.log(server.address().port))
