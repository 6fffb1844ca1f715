// Sends requests with autocannon. Reads lines { url, connections, bodies }: the bodies are divided
// among the connections and each is sent once. Answers each line with { seconds, milliseconds,
// bytes }: how long all of them took together, how long each took, how much came back.
import { createInterface } from 'node:readline'
import autocannon from 'autocannon'

function run ({ url, connections, bodies }) {
  const milliseconds = []
  let mine = 0
  let began, ended
  return new Promise((resolve, reject) => {
    const instance = autocannon({
      url,
      connections,
      amount: bodies.length,
      timeout: 60,
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      setupClient (client) {
        const share = bodies.filter((_, place) => place % connections === mine)
        mine += 1
        client.setRequests(share.map((body) => ({ body })))
      }
    }, (error, result) => {
      if (error || result.errors || result.non2xx) {
        return reject(error ?? new Error(`${result.errors} errors, ${result.non2xx} refused`))
      }
      const seconds = (ended - began) / 1000
      resolve({ seconds, milliseconds, bytes: result.throughput.total })
    })
    instance.on('start', () => { began = performance.now() })
    instance.on('response', (_client, _status, _bytes, took) => {
      ended = performance.now()
      milliseconds.push(took)
    })
  })
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await run(JSON.parse(line))))
}
