/** `npm run bench [start|config|audit|scan|vault]`: every measured goal, as ratios, with the machine they were measured on. */
import { cpus, release, totalmem } from 'node:os'
import { benchAudit } from './audit.ts'
import { benchConfig } from './config.ts'
import { benchScan } from './scan.ts'
import { benchStart } from './start.ts'
import { benchVault } from './vault.ts'

const parts = {
  start: benchStart,
  config: benchConfig,
  audit: benchAudit,
  scan: benchScan,
  vault: benchVault,
}

const [model] = cpus()
const gib = Math.round(totalmem() / 2 ** 30)
process.stdout.write(
  `${cpus().length} × ${model?.model ?? 'unknown processor'}, ${gib} GiB, Linux ${release()}, Node ${process.versions.node}\n\n`,
)
const wanted = process.argv.slice(2)
for (const [name, bench] of Object.entries(parts)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue
  await bench()
  process.stdout.write('\n')
}
