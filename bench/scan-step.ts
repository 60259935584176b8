/** One search of a folder, in a process of its own; prints what was searched. */
import { scanPaths } from '../src/gateway/scan/scanner.ts'
import { homeOf } from '../src/state/home.ts'

const [dir = '', home = '', knownCount = '0'] = process.argv.slice(2)
const known = Array.from({ length: Number(knownCount) }, (_, i) => ({
  fingerprint: `hmac-sha256:${i.toString(16).padStart(32, '0')}`,
  ref: `ref-${i}`,
}))
const { findings, files, bytes, uncompared } = await scanPaths([dir], {
  home: homeOf({ SECRETREF_HOME: home }),
  known,
  all: true,
})
process.stdout.write(JSON.stringify({ found: findings.length, files, bytes, uncompared }))
