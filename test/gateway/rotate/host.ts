/** Runs attend.ts: a gateway of its own process, which a cell of the crash matrix may kill. */
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Rotation } from '../../../src/rotation/types.ts'
import { COMPILED } from '../../built.ts'
import type { Cell } from './matrix.ts'
import type { Stage } from './stage.ts'

const HOST = join(import.meta.dirname, 'attend.ts')

export class Hosted {
  readonly #stage: Stage
  readonly #path: string
  #runs = 0

  /** @param options of the driver, beside those of the stage */
  constructor(stage: Stage, options: Readonly<Record<string, unknown>> = {}) {
    this.#stage = stage
    this.#path = join(stage.home.dir, 'order.json')
    const { driver, ...order } = stage.order
    const all = { ...driver, options: { ...driver.options, ...options } }
    writeFileSync(this.#path, JSON.stringify({ ...order, driver: all }))
  }

  /** An hour later each time. @returns what is durable then; `undefined`: it was killed */
  async run(cell?: Cell): Promise<Rotation | undefined> {
    this.#runs += 1
    const { home } = this.#stage
    const strike = cell === undefined ? [] : [JSON.stringify(cell), join(home.dir, 'issuer.json')]
    const child = spawn(process.execPath, [HOST, this.#path, String(this.#runs), ...strike], {
      env: { ...COMPILED, SECRETREF_HOME: home.dir },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let out = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => void (out += text))
    await new Promise((resolve) => child.once('close', resolve))
    if (child.signalCode !== null) return undefined
    const { rotation }: { rotation: Rotation } = JSON.parse(out)
    return rotation
  }
}
