/** Publishes to the file that its argument names, and prints what failed: for a mount of its own. */
import { publishCheckpoint } from '../../../src/audit/anchor/publish.ts'
import { NOTE } from './sample-note.ts'

const [path = ''] = process.argv.slice(2)
const failures = await publishCheckpoint([{ type: 'file', path }], NOTE, {
  home: import.meta.dirname,
  leave: new AbortController().signal,
})
process.stdout.write(`${JSON.stringify(failures)}\n`)
