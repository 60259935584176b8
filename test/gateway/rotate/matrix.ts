/** What is killed, when, and what the service answers then: every cell of the crash matrix, and its table. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { actionOf, next, sending } from '../../../src/rotation/machine.ts'
import {
  CLASSES,
  type Action,
  type DriverClass,
  type Rotation,
} from '../../../src/rotation/types.ts'
import { OUTSIDE } from '../../../src/gateway/rotate/words.ts'

export const PAGE = join(import.meta.dirname, '../../../docs/rotation.md')
export const BEGIN = '<!-- generated: crash matrix -->'
export const END = '<!-- end of crash matrix -->'

export const FIRST: Readonly<Record<DriverClass, string>> = {
  chosen: 'fake-first',
  issued: 'fake-first',
  slots: 'user1:fake-first',
  roll: 'fake-first',
}

/** `late`: it did it, and answers when nobody waits any more; `twice`: it did it two times. */
export const ANSWERS = ['comes', 'lost', 'late', 'twice'] as const
/** `while`: it was told to do it, and has not answered. */
export const MOMENTS = ['before', 'while', 'after'] as const

export interface Cell {
  class: DriverClass
  action: Action
  victim: 'gateway' | 'rotator'
  when: (typeof MOMENTS)[number]
  answer: (typeof ANSWERS)[number]
}

/** The service's step of an action (docs/rotation-exec.md); the others are between us and the store. */
export const ASKS: Readonly<Partial<Record<Action, string>>> = {
  stage: 'choose',
  set: 'set',
  create: 'create',
  verify: 'try',
  retire: 'end',
  confirm: 'try',
}

/** What the machine does, in order, where all goes well. */
export function transitions(kind: DriverClass): Action[] {
  const actions: Action[] = []
  let rotation: Rotation = {
    id: '',
    class: kind,
    step: 'planned',
    attempts: 0,
    failures: 0,
    open: false,
    orphanPossible: false,
  }
  for (let action = actionOf(rotation); action !== undefined; action = actionOf(rotation)) {
    actions.push(action)
    rotation = next(sending(rotation), action, 'ok', new Date(0))
  }
  return actions
}

export function nameOf({ class: kind, action, victim, when, answer }: Cell): string {
  return `${kind}: ${victim} killed ${when} ${action}, answer ${answer}`
}

export function cellsOf(kind: DriverClass): Cell[] {
  const cells: Cell[] = []
  for (const action of transitions(kind)) {
    const isOutside = OUTSIDE.some((one) => one === action)
    const moments = isOutside ? MOMENTS : (['before', 'after'] as const)
    const isAsked = ASKS[action] !== undefined
    for (const victim of isOutside ? (['gateway', 'rotator'] as const) : (['gateway'] as const)) {
      for (const when of moments) cells.push({ class: kind, action, victim, when, answer: 'comes' })
      for (const answer of isAsked ? ANSWERS : []) {
        if (answer !== 'comes') cells.push({ class: kind, action, victim, when: 'after', answer })
      }
    }
  }
  return cells
}

/** How often each transition is broken off, by class, and how often that ended well. */
export function table(failed: readonly Cell[] = []): string {
  const all = CLASSES.map((kind) => ({ kind, actions: transitions(kind), cells: cellsOf(kind) }))
  const names = [...new Set(all.flatMap(({ actions }) => actions))].toSorted(
    (a, b) => placeOf(all, a) - placeOf(all, b),
  )
  const rows = names.map((name) => {
    const counts = all.map(({ cells }) =>
      said(
        cells.filter(({ action }) => action === name),
        failed,
      ),
    )
    return `| ${placeOf(all, name)} | \`${name}\` | ${counts.join(' | ')} |`
  })
  const sums = all.map(({ cells }) => said(cells, failed))
  return [
    `| | transition | ${CLASSES.map((kind) => `\`${kind}\``).join(' | ')} |`,
    `|---|---|${CLASSES.map(() => '---|').join('')}`,
    ...rows,
    `| | together | ${sums.join(' | ')} |`,
  ].join('\n')
}

function said(cells: readonly Cell[], failed: readonly Cell[]): string {
  if (cells.length === 0) return '–'
  const bad = cells.filter((cell) => failed.some((one) => nameOf(one) === nameOf(cell))).length
  return `${cells.length - bad} of ${cells.length}`
}

function placeOf(all: readonly { actions: readonly Action[] }[], name: Action): number {
  return 1 + Math.max(...all.map(({ actions }) => actions.indexOf(name)))
}

/** @returns the page, with this table between its markers */
export function withTable(text: string, failed: readonly Cell[] = []): string {
  const [before, rest, ...more] = text.split(BEGIN)
  const [, after, ...others] = rest?.split(END) ?? []
  if (before === undefined || after === undefined || more.length + others.length > 0) {
    throw new Error(`${PAGE} must hold "${BEGIN}" and then "${END}", once each`)
  }
  return `${before}${BEGIN}\n\n${table(failed)}\n\n${END}${after}`
}

export function page(): string {
  return readFileSync(PAGE, 'utf8')
}
