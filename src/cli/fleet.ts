/** What `gateway status` prints of more agents than a person reads line by line. */
import type { Fleet, Group, Section } from '../gateway/fleet.ts'
import { signText, statusText } from '../gateway/status.ts'
import { printable } from './io.ts'
import { table, width } from './table.ts'

/** A terminal that is narrower wraps. Not asked of the terminal: a pipe gets the same lines. */
const COLUMNS = 80
/** Of one section; what is left out is counted. */
const GROUPS_SHOWN = 10

/** All lines, each with its newline. */
export function fleetText(fleet: Fleet, signs: boolean): string {
  const { agents, unbound, bindings, attention, rest, providers } = fleet
  const without = unbound === 0 ? '' : `, ${counted(unbound, 'agent')} without any`
  const parts = [
    `${counted(agents, 'agent')}, ${counted(bindings, 'binding')}${without}\n`,
    attention.map((section) => sectionText(section, signs)).join(''),
    rest.map((section) => headingOf(section, signs)).join(''),
    providers.length === 0 ? '' : providerTable(providers),
  ]
  return parts.filter((part) => part !== '').join('\n')
}

function sectionText(section: Section, signs: boolean): string {
  const shown = section.groups.slice(0, GROUPS_SHOWN).map((group) => groupText(group, signs))
  const left = section.groups.length - shown.length
  const more =
    left === 0
      ? ''
      : `  and ${number(left)} more ${left === 1 ? 'line like this' : 'lines like these'}\n`
  return `${headingOf(section, signs)}${shown.join('')}${more}`
}

function headingOf({ kind, sign, bindings, agents }: Section, signs: boolean): string {
  return `${signText(sign, signs)} ${counted(bindings, 'binding')} of ${counted(agents, 'agent')}: ${kind}\n`
}

function groupText({ line, refs, agents }: Group, signs: boolean): string {
  const [ref = ''] = refs
  const what = refs.size === 1 ? printable(ref) : `${number(refs.size)} refs`
  const who =
    agents.length === 1 ? `    ${what} for ` : `    ${what} for ${number(agents.length)} agents: `
  return `  ${printable(statusText(line, signs))}\n${who}${namesWithin(agents, COLUMNS - width(who))}\n`
}

/** As many names as fit, one at least, and how many are left. */
function namesWithin(names: readonly string[], columns: number): string {
  let shown = ''
  for (const [i, name] of names.entries()) {
    const longer = i === 0 ? printable(name) : `${shown}, ${printable(name)}`
    const left = names.length - i - 1
    if (i > 0 && width(longer + moreOf(left)) > columns) return shown + moreOf(names.length - i)
    shown = longer
  }
  return shown
}

function moreOf(left: number): string {
  return left === 0 ? '' : ` and ${number(left)} more`
}

function providerTable(providers: Fleet['providers']): string {
  return table([
    ['provider', 'bindings', 'attention', 'well', 'never injected'],
    ...providers.map(({ provider, bindings, attention, well, neverInjected }) => [
      provider,
      ...[bindings, attention, well, neverInjected].map(number),
    ]),
  ])
}

function counted(count: number, what: string): string {
  return `${number(count)} ${what}${count === 1 ? '' : 's'}`
}

/** `1,480` */
function number(count: number): string {
  return count.toLocaleString('en-US')
}
