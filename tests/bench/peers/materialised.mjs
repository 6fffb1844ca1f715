// What a team would build by hand: mercurius with its JIT over a collection that holds one ready
// document per application, its calls and callbacks inside. Started with the MongoDB's URI, the
// database and the file of the schema; prints its URL, and ends with its standard input.
import { readFileSync } from 'node:fs'
import Fastify from 'fastify'
import { GraphQLScalarType } from 'graphql'
import mercurius from 'mercurius'
import { BSON, MongoClient } from 'mongodb'

const [uri, database, schema] = process.argv.slice(2)
const client = await new MongoClient(uri).connect()
const applications = client.db(database).collection('applications')
const campaigns = client.db(database).collection('campaigns')

// Cursors are spelled as dialgraph spells them, so that both sides get the same requests; ids in
// them are `h` (their length) and the digits.
const spell = (place) => Buffer.from(JSON.stringify(place)).toString('base64url')
const read = (cursor) => JSON.parse(Buffer.from(cursor, 'base64url'))
const idIn = (place) => Number(place[2].slice(1, -1))
const keyOf = (one) => `h${one._id}~`

function listById ({ after }) {
  const wanted = after ? { _id: { $gt: idIn(read(after)) } } : {}
  return { wanted, sort: { _id: 1 }, place: (one) => ['APPLICATION_ID', null, keyOf(one)] }
}

function listByNextCall ({ after }) {
  const place = (one) => ['NEXT_CALL', one.nextCall.getTime(), keyOf(one)]
  const sort = { nextCall: 1, _id: 1 }
  if (!after) return { wanted: {}, sort, place }
  const then = new Date(read(after)[1])
  const ties = { nextCall: then, _id: { $gt: idIn(read(after)) } }
  return { wanted: { $or: [ties, { nextCall: { $gt: then } }] }, sort, place }
}

async function listApplications ({ campaignId }, given) {
  const list = given.orderBy?.field === 'NEXT_CALL' ? listByNextCall : listById
  const { wanted, sort, place } = list(given)
  const chosen = given.filter?.status ? { status: { $in: given.filter.status } } : {}
  const nodes = await applications
    .find({ campaignId, ...chosen, ...wanted })
    .sort(sort)
    .limit(given.first + 1)
    .toArray()
  const hasNextPage = nodes.length > given.first
  if (hasNextPage) nodes.pop()
  const endCursor = nodes.length ? spell(place(nodes[nodes.length - 1])) : null
  return { nodes, pageInfo: { hasNextPage, endCursor } }
}

const app = Fastify()
app.register(mercurius, {
  schema: readFileSync(schema, 'utf8'),
  jit: 1,
  resolvers: {
    Query: {
      campaign: (_, { campaignId }) => campaigns.findOne({ _id: campaignId }),
      application: (_, { applicationId }) => applications.findOne({ _id: Number(applicationId) })
    },
    Campaign: { applications: listApplications },
    Application: {
      calls: ({ calls }) => ({ nodes: calls }),
      callbacks: ({ callbacks }) => ({ nodes: callbacks })
    },
    Callback: {
      state: ({ completed, recallAt }) =>
        completed ? 'COMPLETED' : recallAt <= new Date() ? 'DUE' : 'SCHEDULED'
    },
    DateTime: new GraphQLScalarType({
      name: 'DateTime',
      serialize: (value) => value.toISOString()
    })
  }
})

// An answer's bytes again, from memory: what HTTP itself costs here.
let kept
app.post('/keep', async (request) => {
  kept = (await app.inject({ method: 'POST', url: '/graphql', payload: request.body })).rawPayload
  return {}
})
app.post('/echo', (_, reply) => reply.type('application/json').send(kept))

// What nobody who keeps documents can avoid: decoding them, and encoding the answer.
app.post('/limits', async ({ body: { campaignId, documents } }) => {
  const found = applications.find({ campaignId }, { raw: true }).limit(documents)
  const raw = (await found.toArray()).map((each) => Buffer.from(each))
  const answer = JSON.parse(kept)
  return {
    decodeMs: milliseconds(() => raw.forEach((each) => BSON.deserialize(each))),
    encodeMs: milliseconds(() => JSON.stringify(answer))
  }
})

function milliseconds (work) {
  for (let round = 0; round < 200; round++) work()
  const began = performance.now()
  for (let round = 0; round < 200; round++) work()
  return (performance.now() - began) / 200
}

await app.listen({ host: '127.0.0.1', port: 0 })
console.log(`http://127.0.0.1:${app.server.address().port}`)
process.stdin.resume().on('end', () => process.exit())
