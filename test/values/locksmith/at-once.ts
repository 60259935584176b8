/**
 * A process that a test can end at any point: `node at-once.ts rekey|import FOLDER` does it to the store in
 * that folder and prints the type of its report.
 */
import { importFile } from '../../../src/values/locksmith/import.ts'
import { rekey } from '../../../src/values/locksmith/rekey.ts'
import { importOf } from './place.ts'

const [what, dir = ''] = process.argv.slice(2)
const { work, order } = importOf(dir)
const report = what === 'rekey' ? await rekey(work) : await importFile(work, order, order.action)
process.stdout.write(`${report.type}\n`)
