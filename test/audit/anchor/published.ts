/** Publishes to the file that its argument names, and prints what failed: for a mount of its own. */
import { publishCheckpoint } from '../../../src/audit/anchor/publish.ts'

const [path = ''] = process.argv.slice(2)
const failures = await publishCheckpoint(
  {
    checkpoint: { records: 1, seconds: 1 },
    segment: { bytes: 1024, days: 1 },
    anchors: [{ type: 'file', path }],
  },
  'log.example/1\n12\nAAAA\n\n— log.example/1 c2ln\n',
  new AbortController().signal,
)
process.stdout.write(`${JSON.stringify(failures)}\n`)
