import { expect, test } from 'vitest'
import { SecretRefError } from '../../src/errors.ts'
import { Duties, type Duty } from '../../src/gateway/duties.ts'
import { MovedClock, settled } from './clock.ts'

function stage(): {
  clock: MovedClock
  duties: Duties
  said: string[]
  recorded: string[]
  refuseRecords: () => void
} {
  const clock = new MovedClock()
  const said: string[] = []
  const recorded: string[] = []
  let refuses = false
  const duties = new Duties({
    clock,
    say: (_, sentence) => said.push(sentence),
    record: async ({ duty, error }) => {
      if (refuses) throw new SecretRefError('AUDIT_UNAVAILABLE', 'the audit log is closed')
      recorded.push(`${duty} ${error.code}`)
    },
  })
  return { clock, duties, said, recorded, refuseRecords: () => (refuses = true) }
}

/** Counts its runs; each goes on until the test lets it end. */
class Slow implements Duty {
  readonly name: string
  everyMs = 1000
  runs = 0
  atOnce = 0
  most = 0
  end: () => void = () => {}

  constructor(name = 'slow') {
    this.name = name
  }

  async run(): Promise<void> {
    this.runs++
    this.most = Math.max(this.most, ++this.atOnce)
    await new Promise<void>((resolve) => (this.end = resolve))
    this.atOnce--
  }
}

test('runs at once, then so long after its end; never beside itself', async () => {
  const { clock, duties } = stage()
  const slow = new Slow()
  duties.replace([slow])
  await settled()
  expect(slow.runs).toBe(1)
  await clock.pass(60_000)
  expect(slow.runs).toBe(1)
  slow.end()
  await settled()
  await clock.pass(999)
  expect(slow.runs).toBe(1)
  await clock.pass(1)
  expect(slow).toMatchObject({ runs: 2, most: 1 })
})

test('one that hangs holds up no other', async () => {
  const { clock, duties } = stage()
  const slow = new Slow()
  let quick = 0
  const other = { name: 'quick', everyMs: 10, run: async () => void quick++ }
  duties.replace([slow, other])
  for (let i = 0; i < 5; i++) await clock.pass(10)
  expect([slow.runs, quick]).toEqual([1, 6])
})

test('a failure is said and recorded once until it works again, and tried again each time', async () => {
  const { clock, duties, said, recorded } = stage()
  let runs = 0
  const run = async (): Promise<void> => {
    runs++
    if (runs === 4) return
    throw new SecretRefError('TIMEOUT', 'nobody answers')
  }
  duties.replace([{ name: 'alerts', everyMs: 10, run }])
  for (let i = 0; i < 5; i++) await clock.pass(10)
  expect(runs).toBe(6)
  expect(said).toEqual(Array(2).fill('alerts: nobody answers [TIMEOUT]; it is tried again'))
  expect(recorded).toEqual(['alerts TIMEOUT', 'alerts TIMEOUT'])
})

test('a defect ends nothing, nor does a log that takes nothing', async () => {
  const { clock, duties, said, refuseRecords } = stage()
  refuseRecords()
  let runs = 0
  const run = (): Promise<void> => {
    runs++
    throw new TypeError('oh')
  }
  duties.replace([{ name: 'rotation', everyMs: 10, run }])
  await clock.pass(10)
  expect(runs).toBe(2)
  expect(said).toEqual([
    'rotation: a defect of SecretRef: TypeError: oh [INTERNAL]; it is tried again',
    'rotation: the audit log is closed [AUDIT_UNAVAILABLE]: this failure is not on record',
  ])
})

test('a new config: what runs goes on, then the new one of its name; one that is gone runs no more', async () => {
  const { clock, duties } = stage()
  const [old, gone] = [new Slow('a'), new Slow('b')]
  duties.replace([old, gone])
  await settled()
  const next = new Slow('a')
  next.everyMs = 20
  duties.replace([next])
  await settled()
  expect([old.runs, gone.runs, next.runs]).toEqual([1, 1, 0])
  old.end()
  gone.end()
  await settled()
  await clock.pass(20)
  expect([old.runs, gone.runs, next.runs]).toEqual([1, 1, 1])
  await clock.pass(60_000)
  expect(gone.runs).toBe(1)
})

test('a shorter time holds at once; a reload alone makes nothing run', async () => {
  const { clock, duties } = stage()
  let runs = 0
  const every = (everyMs: number): Duty => ({ name: 'a', everyMs, run: async () => void runs++ })
  duties.replace([every(60_000)])
  await settled()
  for (let i = 0; i < 10; i++) {
    duties.replace([every(50)])
    await settled()
  }
  expect(runs).toBe(1)
  await clock.pass(50)
  expect(runs).toBe(2)
  expect(clock.waiting).toBe(1)
})

test('the end: those that run are told and waited for, and none begins any more', async () => {
  const { clock, duties, said } = stage()
  const seen: string[] = []
  const run = async (signal: AbortSignal): Promise<void> => {
    seen.push('begins')
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
    await settled()
    seen.push('has ended')
    signal.throwIfAborted()
  }
  duties.replace([{ name: 'a', everyMs: 1, run }])
  await settled()
  await duties.stop()
  expect(seen).toEqual(['begins', 'has ended'])
  duties.replace([new Slow('b')])
  await clock.pass(1000)
  expect(seen).toEqual(['begins', 'has ended'])
  expect(said).toEqual([])
  expect(clock.waiting).toBe(0)
})

test('one that does not end is cut off after five seconds, and that is said', async () => {
  const { clock, duties, said } = stage()
  duties.replace([new Slow()])
  await settled()
  let stopped = false
  const stopping = duties.stop().then(() => (stopped = true))
  await clock.pass(4999)
  expect(stopped).toBe(false)
  await clock.pass(1)
  await stopping
  expect(said).toEqual(['slow: did not end in time and is cut off'])
})

test('a clock that is set back by a day holds nothing up', async () => {
  const { clock, duties } = stage()
  const quick: Duty & { runs: number } = {
    name: 'quick',
    everyMs: 60_000,
    runs: 0,
    run: async () => void quick.runs++,
  }
  duties.replace([quick])
  await settled()
  clock.set(-86_400_000)
  await clock.pass(60_000)
  expect(quick.runs).toBe(2)
  await clock.pass(60_000)
  expect(quick.runs).toBe(3)
  await duties.stop()
})
