/** One step of `config.ts`, in a process of its own: prints its time and the peak of its memory. */
import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { loadConfig } from '../src/config/load.ts'
import { withheldOf } from '../src/config/accessors.ts'
import { inheritedNames } from '../src/plan/inherit.ts'
import { planner } from '../src/plan/plan.ts'

const [step, path = ''] = process.argv.slice(2)
const start = performance.now()
if (step === 'parse') {
  JSON.parse(readFileSync(path, 'utf8'))
} else {
  const { config } = await loadConfig({ path, found: false }, { now: new Date() })
  if (step === 'plan') {
    const plan = planner({ config, configDir: dirname(path), userHome: '/' }).plan({
      agent: 'agent-5000',
    })
    const names = Object.keys(process.env)
    const withheld = withheldOf(config)
    inheritedNames({ config, withheld, plan, names, pristine: false, fromParent: [] })
  }
}
const ms = performance.now() - start
process.stdout.write(JSON.stringify({ ms, peakMiB: process.resourceUsage().maxRSS / 1024 }))
