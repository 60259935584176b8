/** Where checkpoints of the audit log are taken. Nothing is sent there. */
import { nameOf } from '../../audit/anchor/publish.ts'
import { readSettings } from '../../audit/settings.ts'
import type { Io } from '../io.ts'
import { good, none, type Finding } from './finding.ts'

/** Errors: as `readSettings` has them; a start would end by them. */
export function checkAnchors({ home }: Io): Finding[] {
  const { anchors } = readSettings(home)
  if (anchors.length > 0) return [good('anchors', anchors.map(nameOf).join(', '))]
  return [
    none('anchors', `none in ${home.auditSettings}: checkpoints are kept beside the log alone`),
  ]
}
