/** `secretref doctor`: what can be wrong around SecretRef, and how to mend it. It changes nothing. */
import { signText } from '../gateway/status.ts'
import { checkAnchors } from './doctor/anchors.ts'
import { checkConfigAndSecrets } from './doctor/config.ts'
import { checkHome, checkPlaces } from './doctor/home.ts'
import { isolated } from './doctor/finding.ts'
import { checkLogAndClock } from './doctor/log.ts'
import { checkMachine } from './doctor/machine.ts'
import { printable, type Io } from './io.ts'

/** One line for each thing looked at, a hint below what is not good. @returns 1 where anything is bad */
export async function doctor(io: Io, options: { json?: true }): Promise<number> {
  const findings = [
    ...(await checkMachine(io)),
    ...(await isolated('home', () => checkHome(io))),
    ...(await isolated('audit log', () => checkLogAndClock(io))),
    ...(await isolated('anchors', () => checkAnchors(io))),
    ...(await checkConfigAndSecrets(io)),
    ...(await isolated('file delivery', () => checkPlaces(io))),
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
