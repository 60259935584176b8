/** The end of the pipe to control that a process has which reads a value: one instruction in, one report out. */
import { Socket } from 'node:net'

const CONTROL = 3

/** @typeParam I what it is told to do @typeParam R what it reports */
export class Control<I, R> {
  /** Half open: after control's cancel there is still a report to send. */
  readonly #socket = new Socket({ fd: CONTROL, allowHalfOpen: true })
  readonly #instruction = Promise.withResolvers<I | undefined>()
  readonly #gone = new AbortController()

  constructor() {
    let text = ''
    const end = (): void => {
      this.#instruction.resolve(undefined)
      this.#gone.abort()
    }
    this.#socket
      .setEncoding('utf8')
      .on('data', (chunk: string) => {
        text += chunk
        if (!text.endsWith('\n')) return
        const instruction: I = JSON.parse(text)
        this.#instruction.resolve(instruction)
      })
      .on('end', end)
      // Control was killed; nobody is left to tell.
      .on('error', end)
  }

  /** `undefined` where control went away without one. */
  instruction(): Promise<I | undefined> {
    return this.#instruction.promise
  }

  /** Aborts when control cancels, or is gone. */
  get gone(): AbortSignal {
    return this.#gone.signal
  }

  /** Resolves when it is handed over, or nobody is there to take it. */
  report(report: R): Promise<void> {
    return new Promise((resolve) => {
      this.#socket.once('close', resolve)
      this.#socket.end(`${JSON.stringify(report)}\n`, resolve)
    })
  }
}
