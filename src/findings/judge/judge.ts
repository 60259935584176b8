/** Everything that can be said of what an audit has gathered. Pure. */
import { FINDING_CODES } from '../types.ts'
import { judgeExpiry, judgeRotation } from './dates.ts'
import type { AuditFacts } from './facts.ts'
import { inOrder, type AuditFinding } from './finding.ts'
import { judgePaths } from './paths.ts'
import { judgeDeprecated, judgeUncovered, judgeUnknown, judgeUnused } from './refs.ts'
import { judgePlaintext } from './production.ts'
import { judgeOverdue, judgeStuck } from './rotation.ts'
import { judgeIdle, judgeLiterals, judgeStores } from './rest.ts'
import {
  judgeAcrossEnvironments,
  judgeFormat,
  judgeShared,
  judgeTargets,
  judgeUnresolved,
} from './values.ts'

const JUDGES: readonly ((facts: AuditFacts) => AuditFinding[])[] = [
  judgeUnused,
  judgeUnknown,
  judgeDeprecated,
  judgeUncovered,
  judgeUnresolved,
  judgeExpiry,
  judgeRotation,
  judgeOverdue,
  judgeStuck,
  judgePlaintext,
  judgeShared,
  judgeAcrossEnvironments,
  judgeFormat,
  judgeTargets,
  judgePaths,
  judgeLiterals,
  judgeIdle,
  judgeStores,
]

/** Most serious first; in which order the facts came changes nothing. */
export function judge(facts: AuditFacts): AuditFinding[] {
  return inOrder(
    JUDGES.flatMap((one) => one(facts)),
    FINDING_CODES,
  )
}
