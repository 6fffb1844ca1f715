// Posts events to a server and hears what its subscribers are told. Reads one JSON text a line on
// the standard input and answers each with one:
//   { seconds, rate }                   post single events at a rate per second
//   { seconds, together, requests }     post without pause: so many events each, so many at once
// Every frame that is expected is waited for; one that is missing, double or in disorder fails.
import { Agent, request } from 'node:http'
import { createInterface } from 'node:readline'
import { WebSocket } from 'ws'

const { port, campaigns, perCampaign } = JSON.parse(process.argv[2])
const COMPANY = 'fan-out'
const EVENTS_PER_APPLICATION = 20
const TIMEOUT_SECONDS = 60
const QUERY = `subscription ($company: ID!, $campaign: ID!) {
  applicationStatusChanged(companyId: $company, campaignId: $campaign) {
    position cursor occurredAt previousStatus status
    application { applicationId campaignId status }
  }
}`

let agent // of one run: between runs a server may close what is idle
const subscribers = []
const now = () => performance.now()
const said = (line) => console.log(JSON.stringify(line))

let next = 0 // the number of the next event; its status says it
let sent = [] // when each event of the run was sent, by its number since the run began
let began = 0
let heard = 0
let told = [] // [number since the run began, when] of each frame
let settle = () => {}

function listen(campaign, number) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/graphql`, 'graphql-transport-ws', {
      perMessageDeflate: false
    })
    const subscriber = { campaign, position: 0, last: -1, heard: 0 }
    subscribers.push(subscriber)
    socket.on('error', reject)
    socket.on('close', (code, reason) => fail(`closed with ${code} ${reason}`))
    socket.on('open', () => socket.send('{"type":"connection_init"}'))
    socket.on('message', (data) => {
      const message = JSON.parse(data)
      if (message.type === 'next') hear(subscriber, message.payload)
      else if (message.type === 'ping') socket.send('{"type":"pong"}')
      else if (message.type === 'connection_ack') {
        const variables = { company: COMPANY, campaign: String(campaign) }
        const payload = { query: QUERY, variables }
        socket.send(JSON.stringify({ type: 'subscribe', id: String(number), payload }))
        resolve()
      } else fail(`unexpected: ${data}`)
    })
  })
}

function hear(subscriber, payload) {
  const at = now()
  if (payload.errors) fail(JSON.stringify(payload))
  const change = payload.data.applicationStatusChanged
  const number = Number(change.status.slice(1))
  if (change.position <= subscriber.position) fail('a frame came in disorder, or twice')
  if (number % campaigns !== subscriber.campaign) fail('a frame went astray')
  subscriber.position = change.position
  subscriber.heard += 1
  told.push([number - began, at])
  heard += 1
  settle()
}

function fail(reason) {
  console.error(reason)
  process.exit(1)
}

function anEvent() {
  const number = next++
  const campaign = number % campaigns
  const generation = Math.floor(number / campaigns / EVENTS_PER_APPLICATION)
  return {
    eventName: 'TACStatusUpdatedEvent',
    companyId: COMPANY,
    eventCreationDate: new Date(Date.UTC(2026, 0, 5) + number).toISOString(),
    tac: [{
      id: `${campaign}-${generation}`,
      telemarketCampaignId: campaign,
      status: `s${number}`
    }]
  }
}

function post(count) {
  const events = Array.from({ length: count }, anEvent)
  const first = next - count - began
  const body = JSON.stringify(count === 1 ? events[0] : events)
  return new Promise((resolve) => {
    const posting = request(
      { agent, port, host: '127.0.0.1', path: '/events', method: 'POST',
        headers: { 'content-type': 'application/json', 'content-length': body.length } },
      (answer) => {
        if (answer.statusCode !== 200) fail(`answered with ${answer.statusCode}`)
        answer.resume()
        answer.on('end', () => resolve(now()))
      })
    posting.on('error', (error) => fail(String(error)))
    const at = now()
    for (let each = 0; each < count; each++) sent[first + each] = at
    posting.end(body)
  })
}

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds))

async function atRate(seconds, rate) {
  const start = now()
  const acknowledged = []
  for (let count = 0; count < seconds * rate; count++) {
    const due = start + (1000 * count) / rate
    while (now() < due) await pause(1)
    acknowledged.push(post(1))
  }
  return Promise.all(acknowledged)
}

async function withoutPause(seconds, together, requests) {
  const end = now() + 1000 * seconds
  const sender = async () => { while (now() < end) await post(together) }
  await Promise.all(Array.from({ length: requests }, sender))
  return []
}

function allHeard() {
  const expected = (next - began) * perCampaign
  return new Promise((resolve) => {
    const timer = setTimeout(() => fail(`${heard} of ${expected} frames came`), 1000 * TIMEOUT_SECONDS)
    settle = () => {
      if (heard < expected) return
      clearTimeout(timer)
      resolve()
    }
    settle()
  })
}

const quantile = (sorted, part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))]

function spread(values) {
  const sorted = Float64Array.from(values).sort()
  return { p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99) }
}

async function run({ seconds, rate, together, requests }) {
  began = next
  sent = []
  told = []
  heard = 0
  settle = () => {}
  subscribers.forEach((subscriber) => { subscriber.heard = 0 })
  agent = new Agent({ keepAlive: true, maxSockets: 128 })
  const start = now()
  const acknowledged = rate
    ? await atRate(seconds, rate)
    : await withoutPause(seconds, together, requests)
  await allHeard()
  agent.destroy()
  const events = next - began
  const theirs = Array.from({ length: campaigns }, () => 0)
  for (let number = began; number < next; number++) theirs[number % campaigns] += 1
  if (subscribers.some(({ campaign, heard }) => heard !== theirs[campaign])) fail('a frame is missing')
  return {
    events,
    frames: heard,
    framesPerSecond: heard / ((told.at(-1)[1] - start) / 1000),
    total: spread(told.map(([number, at]) => at - sent[number])),
    acknowledged: spread(acknowledged.map((at, number) => at - sent[number])),
    then: spread(told.map(([number, at]) => at - acknowledged[number]))
  }
}

for (let campaign = 0; campaign < campaigns; campaign++) {
  await Promise.all(Array.from({ length: perCampaign }, (_, each) =>
    listen(campaign, campaign * perCampaign + each)))
}
said({ subscribers: subscribers.length })

for await (const line of createInterface({ input: process.stdin })) said(await run(JSON.parse(line)))
process.exit(0)
