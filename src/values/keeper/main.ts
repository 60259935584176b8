/**
 * The keeper: shows and changes the versions of one stored value. What it has to decrypt for that it wipes;
 * only numbers, dates and stages are told, and it exits.
 *
 * fd 0, 1 and 2 nothing · fd 3 to control and back. Started with an empty environment and our own absolute
 * file.
 */
import type { KeepOrder, Kept } from '../../gateway/keep/words.ts'
import { keepOutOfCoreDumps } from '../secret/process.ts'
import { Control } from '../setter/control.ts'
import { keep } from './keep.ts'

async function main(): Promise<void> {
  keepOutOfCoreDumps()
  const control = new Control<KeepOrder, Kept>()
  const order = await control.instruction()
  if (order !== undefined) await control.report(await keep(order))
}

main().then(
  () => process.exit(),
  // An error's own words may hold what was being read. Without a report, control says that we failed.
  () => process.exit(1),
)
