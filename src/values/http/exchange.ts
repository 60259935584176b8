/**
 * One HTTP request and what becomes of it. A server may answer, break off, switch protocols or just close:
 * whatever it does, whoever asked learns of it, once.
 */
import type { ClientRequest, IncomingMessage } from 'node:http'

/** What came back is no answer to the question: a switch of protocols (101), or an end without a word. */
export class NoAnswer extends Error {}

/**
 * @param start makes the request, which this function ends
 * @param take makes of the answer what is wanted of it; after it nothing more is read
 * @returns what `take` made
 * @throws what the request or `take` failed with, or NoAnswer
 */
export function exchange<T>(
  start: (answered: (answer: IncomingMessage) => void) => ClientRequest,
  body: Buffer | undefined,
  take: (answer: IncomingMessage) => Promise<T>,
): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  let answered = false
  const request = start((answer) => {
    answered = true
    take(answer).then(resolve, reject)
  })
  request
    .on('error', reject)
    // A protocol of its own begins here, and nobody asked for one.
    .on('upgrade', (_, socket) => {
      socket.destroy()
      reject(new NoAnswer())
    })
    .on('close', () => {
      // After an answer it is `take` that learns how its body ended.
      if (!answered) reject(new NoAnswer())
    })
    .end(body)
  return promise
}
