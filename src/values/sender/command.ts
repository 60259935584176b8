/** A program of one's own that is given an alert: JSON on its stdin, nothing of our environment. */
import { MESSAGE_TIMEOUT_MS, PROGRAM_OUTAGES, type Sent } from '../../gateway/alert/words.ts'
import { refusalOf } from '../providers/exec/command.ts'
import { run, type Program } from '../providers/exec/run.ts'
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
  let exit: number | null = null
  const program: Program = {
    command,
    args,
    env: { PATH },
    timeoutMs: MESSAGE_TIMEOUT_MS,
    noOutputTimeoutMs: MESSAGE_TIMEOUT_MS,
    maxOutputBytes: MAX_OUTPUT,
    ended: (code) => {
      exit = code
    },
  }
  const outcome = await run(program, `${body}\n`, signal)
  if (outcome.kind !== 'output') return notTaken(outcome.reason, exit)
  wipe(outcome.stdout)
  return { kind: 'sent' }
}

/** Silence of ten seconds is the same as no end within them. */
function notTaken(reason: string | undefined, exit: number | null): Sent {
  const why = PROGRAM_OUTAGES.find((one) => one === reason) ?? 'timeout'
  return { kind: 'unavailable', reason: why, ...(why === 'exit-code' && exit !== null && { exit }) }
}
