/**
 * A process that a test can end at any point: `node at-once.ts rekey|passphrase|file|import FOLDER` does it
 * to the store in that folder (`passphrase` and `file`: a rekey to that kind) and prints the type of its
 * report.
 */
import { importFile } from '../../../src/values/locksmith/import.ts'
import { rekey } from '../../../src/values/locksmith/rekey.ts'
import { importOf, placeWithBoth, rekeyTo } from './place.ts'

const [what, dir = ''] = process.argv.slice(2)
const { work, order } = importOf(dir)
const report =
  what === 'import'
    ? await importFile(work, order, order.action)
    : what === 'passphrase' || what === 'file'
      ? await rekey({ ...work, place: placeWithBoth(dir) }, rekeyTo(dir, what))
      : await rekey(work, rekeyTo(dir))
process.stdout.write(`${report.type}\n`)
