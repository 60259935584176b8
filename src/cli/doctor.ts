/** `secretref doctor`: what can be wrong around SecretRef, and how to mend it. It changes nothing. */
import { signText } from '../gateway/status.ts'
import { checkConfigAndSecrets } from './doctor/config.ts'
import { checkHome, checkPlaces } from './doctor/home.ts'
import { checkLogAndClock } from './doctor/log.ts'
import { checkMachine } from './doctor/machine.ts'
import { printable, type Io } from './io.ts'

/** One line for each thing looked at, a hint below what is not good. @returns 1 where anything is bad */
export async function doctor(io: Io, options: { json?: true }): Promise<number> {
  const findings = [
    ...checkMachine(io),
    ...checkHome(io),
    ...checkLogAndClock(io),
    ...(await checkConfigAndSecrets(io)),
    ...checkPlaces(io),
  ]
  const ok = findings.every(({ sign }) => sign !== 'bad')
  if (options.json === true) {
    io.out(`${JSON.stringify({ version: 1, ok, findings }, undefined, 2)}\n`)
    return ok ? 0 : 1
  }
  for (const { check, sign, message, hint } of findings) {
    io.out(`${signText(sign, io.signs)} ${printable(`${check}: ${message}`)}\n`)
    if (hint !== undefined) io.out(`   hint: ${printable(hint)}\n`)
  }
  return ok ? 0 : 1
}
