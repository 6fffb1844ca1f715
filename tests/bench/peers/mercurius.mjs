// Mercurius with its JIT over one campaign in memory. Reads a number of requests per line, answers
// each line with what a request costs: { cpuMicroseconds, bytes }.
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import Fastify from 'fastify'
import { GraphQLScalarType } from 'graphql'
import mercurius from 'mercurius'

const { schema, query, campaign, dates } = JSON.parse(readFileSync(process.argv[2], 'utf8'))

const isMoment = (value) => /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value)
const revived = JSON.parse(JSON.stringify(campaign), (_, value) =>
  dates && typeof value === 'string' && isMoment(value) ? new Date(value) : value)

const app = Fastify()
app.register(mercurius, {
  schema,
  jit: 1,
  resolvers: {
    Query: { campaign: async () => revived },
    DateTime: new GraphQLScalarType({
      name: 'DateTime',
      serialize: (value) => (value instanceof Date ? value.toISOString() : value)
    })
  }
})

const request = {
  method: 'POST',
  url: '/graphql',
  headers: { 'content-type': 'application/json' },
  payload: JSON.stringify({ query })
}

for await (const line of createInterface({ input: process.stdin })) {
  let bytes = 0
  const before = process.cpuUsage()
  for (let count = Number(line); count > 0; count--) {
    const response = await app.inject(request)
    if (response.statusCode !== 200) throw new Error(response.payload)
    bytes = response.rawPayload.length
  }
  const { user, system } = process.cpuUsage(before)
  console.log(JSON.stringify({ cpuMicroseconds: (user + system) / Number(line), bytes }))
}
