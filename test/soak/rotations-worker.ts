/**
 * One process that forces rotations, one after the other, as somebody at a terminal would: the refs of a
 * config in an order of its own, until its time is over or it has done so many.
 *
 * node rotations-worker.ts CONFIG REFS SEED END-MS MOST
 */
import { processIo } from '../../src/cli/io.ts'
import { secretsRotate } from '../../src/cli/secrets-rotate.ts'
import { SecretRefError } from '../../src/errors.ts'
import { Random } from './soak.ts'

const [config = '', refs, seed, end, most] = process.argv.slice(2)
const random = new Random(Number(seed))
const counted = { rotated: 0, waiting: 0, fenced: 0, refused: 0 }
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
    if (result === 'done') counted.rotated += 1
    else if (code === 'ROTATION_FENCED') counted.fenced += 1
    else if (result === 'error' || result === 'failed' || result === 'stuck') counted.refused += 1
    else counted.waiting += 1
  } catch (error) {
    if (!(error instanceof SecretRefError)) throw error
    counted.refused += 1
  }
}
process.stdout.write(JSON.stringify(counted))

function resultIn(text: string): { result?: string; code?: string } {
  const answer: { refs: { result?: string; code?: string }[] } = JSON.parse(text)
  return answer.refs[0] ?? {}
}
