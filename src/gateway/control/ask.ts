/** Asks the gateways of one config to reload it. */
import { connect } from 'node:net'
import { SecretRefError, errnoOf } from '../../errors.ts'
import type { Home } from '../../state/home.ts'
import { answerIn, ANSWER_BYTES, VERSION, type Answer } from './message.ts'
import { socketsOf } from './place.ts'

/** A config of ten thousand agents takes a second; each of their commands is looked for. */
const ANSWER_MS = 60_000

/** @returns one answer for each gateway that runs; none where none does. @throws TIMEOUT, STATE_UNAVAILABLE */
export async function askToReload(
  home: Home,
  config: string,
): Promise<{ pid: number; answer: Answer }[]> {
  const answers: { pid: number; answer: Answer }[] = []
  for (const { path, pid } of socketsOf(home, config)) {
    const answer = await ask(path, pid)
    if (answer !== undefined) answers.push({ pid, answer })
  }
  return answers
}

/** @returns `undefined` where nobody listens: that gateway is dead */
function ask(path: string, pid: number): Promise<Answer | undefined> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    const socket = connect(path)
    const fail = (code: 'TIMEOUT' | 'STATE_UNAVAILABLE', message: string): void => {
      socket.destroy()
      const hint = `its own output says what it did; kill -HUP ${pid} asks it as well`
      reject(new SecretRefError(code, `the gateway (pid ${pid}) ${message}`, { hint }))
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
