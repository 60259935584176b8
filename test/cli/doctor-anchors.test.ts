import { mkdirSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { checkAnchors } from '../../src/cli/doctor/anchors.ts'
import { isolated } from '../../src/cli/doctor/finding.ts'
import { tempHome } from '../audit/home.ts'
import { hearing } from './hearing.ts'

test.each<[settings: string | undefined, sign: string, message: string]>([
  [undefined, 'none', 'checkpoints are kept beside the log alone'],
  [
    '{"anchors":[{"type":"journald"},{"type":"command","command":["/bin/x","fake-argument"]}]}',
    'good',
    'journald, command /bin/x',
  ],
  ['{"anchors":[{"type":"fil"}]}', 'bad', 'anchors[0].type is none of'],
])('%s: %s', async (settings, sign, message) => {
  const home = tempHome()
  mkdirSync(home.dir, { mode: 0o700 })
  if (settings !== undefined) writeFileSync(home.auditSettings, settings, { mode: 0o600 })
  const findings = await isolated('anchors', () => checkAnchors(hearing(home)))
  expect(findings).toMatchObject([{ sign, message: expect.stringContaining(message) }])
  expect(JSON.stringify(findings)).not.toContain('fake-argument')
})
