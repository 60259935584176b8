/** A program of one's own that is given an alert: JSON on its stdin, nothing of our environment. */
import { MESSAGE_TIMEOUT_MS, type Sent } from '../../gateway/alert/words.ts'
import { refusalOf } from '../providers/exec/command.ts'
import { run } from '../providers/exec/run.ts'
import { wipe } from '../secret/bytes.ts'

/** A fixed one: whatever PATH we were started with must not choose the programs that it runs. */
const PATH = '/usr/local/bin:/usr/bin:/bin'
const MAX_OUTPUT = 64 * 1024

/** What it prints is not looked at; exit code 0 means that it has taken the alert. */
export async function sendToCommand(
  [command = '', ...args]: readonly string[],
  body: string,
  signal: AbortSignal,
): Promise<Sent> {
  const refusal = await refusalOf(command, undefined)
  if (refusal !== undefined) {
    return refusal.kind === 'unavailable'
      ? { kind: 'unavailable', reason: 'network' }
      : { kind: 'refused', reason: 'destination' }
  }
  const program = {
    command,
    args,
    env: { PATH },
    timeoutMs: MESSAGE_TIMEOUT_MS,
    noOutputTimeoutMs: MESSAGE_TIMEOUT_MS,
    maxOutputBytes: MAX_OUTPUT,
  }
  const outcome = await run(program, `${body}\n`, signal)
  if (outcome.kind !== 'output') return { kind: 'unavailable', reason: 'server' }
  wipe(outcome.stdout)
  return { kind: 'sent' }
}
