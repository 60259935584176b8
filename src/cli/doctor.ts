/** `secretref doctor`: what can be wrong around SecretRef, and how to mend it. It changes nothing but what `leases` says. */
import { signText } from '../gateway/status.ts'
import { checkAnchors } from './doctor/anchors.ts'
import { checkConfigAndSecrets } from './doctor/config.ts'
import { checkHome, checkPlaces } from './doctor/home.ts'
import { isolated } from './doctor/finding.ts'
import { checkLeases } from './doctor/leases.ts'
import { checkClockAlone, checkLogAndClock } from './doctor/log.ts'
import { checkMachine } from './doctor/machine.ts'
import { isShut } from './doctor/usable.ts'
import { printable, type Io } from './io.ts'

/** One line for each thing looked at, a hint below what is not good. @returns 1 where anything is bad */
export async function doctor(io: Io, options: { json?: true }): Promise<number> {
  // What lies in a folder that lets us not in would say the same again, each with a hint of its own.
  const shut = isShut(io.home.dir)
  const findings = [
    ...(await checkMachine(io)),
    ...(await isolated('home', () => checkHome(io))),
    ...(await isolated('audit log', () => (shut ? checkClockAlone(io) : checkLogAndClock(io)))),
    ...(shut ? [] : await isolated('anchors', () => checkAnchors(io))),
    ...(await checkConfigAndSecrets(io)),
    ...(await isolated('file delivery', () => checkPlaces(io))),
    ...(shut ? [] : await isolated('leases', () => checkLeases(io))),
  ]
  const ok = findings.every(({ sign }) => sign !== 'bad')
  if (options.json === true) {
    io.out(`${JSON.stringify({ version: 1, ok, findings }, undefined, 2)}\n`)
    return ok ? 0 : 1
  }
  for (const { check, sign, message, code, hint } of findings) {
    const said = `${check}: ${message}${code === undefined ? '' : ` [${code}]`}`
    io.out(`${signText(sign, io.signs)} ${printable(said)}\n`)
    if (hint !== undefined) io.out(`   hint: ${printable(hint)}\n`)
  }
  return ok ? 0 : 1
}
