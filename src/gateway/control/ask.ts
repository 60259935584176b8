/** Asks the gateways of one config to reload it. */
import { connect } from 'node:net'
import { errnoOf, type Code } from '../../errors.ts'
import type { Home } from '../../state/home.ts'
import { answerIn, ANSWER_BYTES, VERSION, type Answer } from './message.ts'
import { socketsOf, type SocketPlace } from './place.ts'

/** A config of ten thousand agents takes a second; each of their commands is looked for. */
const ANSWER_MS = 60_000

/** A gateway that runs and of which it is not known what it did. */
export interface Unanswered {
  ok: undefined
  code: Code
  message: string
  hint: string
}

export interface Asked {
  pid: number
  answer: Answer | Unanswered
}

/** Asks all of them at once: one that hangs holds up no other. @returns those that run; never rejects */
export async function askToReload(home: Home, config: string): Promise<Asked[]> {
  const asked = socketsOf(home, config).map(async (place) => {
    const answer = await ask(place)
    return answer === undefined ? [] : [{ pid: place.pid, answer }]
  })
  return (await Promise.all(asked)).flat()
}

/** @returns `undefined` where nobody listens: that gateway is dead */
function ask({ path, pid, ours }: SocketPlace): Promise<Asked['answer'] | undefined> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let size = 0
    const socket = connect(path)
    const fail = (code: Code, what: string): void => {
      socket.destroy()
      const message = `the gateway (pid ${pid}${ours ? '' : ' of another container'}) ${what}`
      const hup = ours ? `; kill -HUP ${pid} asks it as well` : ''
      resolve({ ok: undefined, code, message, hint: `its own output says what it did${hup}` })
    }
    socket.setTimeout(ANSWER_MS, () => fail('TIMEOUT', 'does not answer'))
    socket.on('connect', () => socket.write(`{"v":${VERSION},"do":"reload"}\n`))
    socket.on('data', (chunk) => {
      size += chunk.length
      if (size > ANSWER_BYTES) fail('STATE_UNAVAILABLE', 'answers what cannot be read')
      else chunks.push(chunk)
    })
    socket.on('error', (error) => {
      const errno = errnoOf(error)
      if (errno === 'ECONNREFUSED' || errno === 'ENOENT') resolve(undefined)
      else fail('STATE_UNAVAILABLE', `cannot be asked (${errno ?? 'no reason known'})`)
    })
    socket.on('end', () => {
      const answer = answerIn(Buffer.concat(chunks).toString('utf8'))
      if (answer === undefined) fail('STATE_UNAVAILABLE', 'answers what cannot be read')
      else resolve(answer)
    })
  })
}
