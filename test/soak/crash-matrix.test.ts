/**
 * The whole crash matrix: a gateway, or its rotator, is killed with -9 before, while and after each
 * transition of each class, with the service's answer lost, late, or given to two requests. Afterwards the
 * ref works, nothing lives at the service but what is current, and never more than one too many did.
 * `npm run soak -- crash-matrix.test.ts` writes the table of docs/rotation.md.
 */
import { writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { openJournal } from '../../src/rotation/journal.ts'
import { ledgerOf } from '../../src/rotation/ledger.ts'
import { CLASSES, type Rotation } from '../../src/rotation/types.ts'
import {
  cellsOf,
  FIRST,
  nameOf,
  page,
  PAGE,
  withTable,
  type Cell,
} from '../gateway/rotate/matrix.ts'
import { Hosted } from '../gateway/rotate/host.ts'
import { Stage } from '../gateway/rotate/stage.ts'
import { loudly } from '../values/loud.ts'
import { Random } from './soak.ts'

/** Cells at once: as many as most machines have cores to spare. */
const AT_ONCE = 2
const MOST_RUNS = 20
const LATE_MS = 3000

const seconds = Number(process.env['SECRETREF_SOAK_SECONDS'] ?? 0)
const asked = seconds > 0 || process.env['SECRETREF_SOAK'] !== undefined
/** With less than this there is time for a part of it: which, the seed says. */
const WHOLE_SECONDS = 600

if (!asked) {
  loudly('the whole crash matrix', 'it takes minutes: npm run soak -- crash-matrix.test.ts')
  test.skip('the whole crash matrix')
} else {
  test('the whole crash matrix', { timeout: 3_600_000 }, async () => {
    const random = new Random(Number(process.env['SECRETREF_SOAK_SEED'] ?? 1))
    const whole = seconds === 0 || seconds >= WHOLE_SECONDS
    const all = CLASSES.flatMap(cellsOf)
    const cells = whole ? all : shuffled(all, random)
    const end = whole ? Infinity : performance.now() + seconds * 1000
    const failed = new Map<Cell, string>()
    const waiting = cells.entries()
    const work = async (): Promise<void> => {
      for (const [i, cell] of waiting) {
        if (performance.now() > end) return
        const trouble = await play(cell)
        if (trouble !== undefined) failed.set(cell, trouble)
        process.stdout.write(`${i + 1}/${cells.length} ${nameOf(cell)}: ${trouble ?? 'well'}\n`)
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, work))
    if (whole) writeFileSync(PAGE, withTable(page(), [...failed.keys()]))
    expect([...failed].map(([cell, trouble]) => `${nameOf(cell)}: ${trouble}`)).toEqual([])
  })
}

function shuffled<T>(list: readonly T[], random: Random): T[] {
  return list
    .map((one) => [random.next(), one] as const)
    .toSorted(([a], [b]) => a - b)
    .map(([, one]) => one)
}

/** @returns what is wrong then */
async function play(cell: Cell): Promise<string | undefined> {
  const stage = await Stage.make({ type: 'exec', class: cell.class }, FIRST[cell.class])
  const hosted = new Hosted(stage, cell.answer === 'late' ? { timeoutMs: LATE_MS } : {})
  let step: Rotation['step'] | undefined
  for (let runs = 1; runs <= MOST_RUNS && step !== 'done' && step !== 'stuck'; runs += 1) {
    // While another one may still be at it, nobody writes to it.
    if (runs !== 2) stage.issuer = { ...stage.issuer, clock: 60 * runs }
    step = (await hosted.run(runs === 1 ? cell : undefined))?.step
  }
  const { live, most, cap } = stage.issuer
  const { value, version } = await stage.current()
  const db = openJournal(stage.home)
  const rows = ledgerOf(db, '/c')
  db.close()
  if (step !== 'done') return `ended as ${step}`
  if (version !== '2') return `version ${version} is current`
  if (!live.some((one) => one.value === value)) return 'the ref does not work'
  if (live.length !== 1) return `${live.length} live`
  if (most > cap) return `${most} lived at once`
  if (!rows.some(({ role, state }) => role === 'new' && state === 'current'))
    return 'not in the ledger'
  return undefined
}
