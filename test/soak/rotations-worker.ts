/**
 * One process that forces rotations, one after the other, as somebody at a terminal would: the refs of a
 * config in an order of its own, until its time is over or it has done so many. What became of each is a
 * line on stdout.
 *
 * node rotations-worker.ts CONFIG REFS SEED END-MS MOST
 */
import { writeSync } from 'node:fs'
import { processIo } from '../../src/cli/io.ts'
import { secretsRotate } from '../../src/cli/secrets-rotate.ts'
import { SecretRefError } from '../../src/errors.ts'
import { Random } from './soak.ts'

const [config = '', refs, seed, end, most] = process.argv.slice(2)
const random = new Random(Number(seed))
for (let done = 0; done < Number(most) && Date.now() < Number(end); done += 1) {
  const ref = `ref-${random.whole(1, Number(refs))}`
  let said = ''
  const io = {
    ...processIo('secretref'),
    out: (text: string) => void (said += text),
    err: () => {},
  }
  try {
    await secretsRotate(io, { config, ref, force: true, json: true })
    const { result, code } = resultIn(said)
    tell(wordOf(result, code))
  } catch (error) {
    if (!(error instanceof SecretRefError)) throw error
    tell('refused')
  }
}

/** At once: who is killed has told of what it did before. */
function tell(outcome: string): void {
  writeSync(1, `${outcome}\n`)
}

function wordOf(result: string | undefined, code: string | undefined): string {
  if (result === 'done') return 'rotated'
  if (code === 'ROTATION_FENCED') return 'fenced'
  return result === 'error' || result === 'failed' || result === 'stuck' ? 'refused' : 'waiting'
}

function resultIn(text: string): { result?: string; code?: string } {
  const answer: { refs: { result?: string; code?: string }[] } = JSON.parse(text)
  return answer.refs[0] ?? {}
}
