/** Control's end of a locksmith: what comes back of keys and moved values are closed fields only. */
import { NAME } from '../../config/names.ts'
import { isFailureReason } from '../../policy/reasons.ts'
import { codeOf, countIn, FINGERPRINT, isObject, matching, objectIn, VERSION } from '../metadata.ts'
import { CANCELLING, INPUT_FAULTS } from './set-words.ts'
import {
  KEY_KINDS,
  RECIPIENT,
  STORE_FAULTS,
  type ImportedItem,
  type StoreOrder,
  type StoreReport,
} from './store-words.ts'
import { startValueInput, type Cancelled, type ValueInput } from './value-input.ts'

/** Of a file; other names are not shown. */
const FILE_NAME = /^[A-Za-z0-9._@+~-]{1,255}$/
/** An import names everything that it moved. */
const MOST_BYTES = 16 * 1024 * 1024

export function startLocksmith(order: StoreOrder): ValueInput<StoreReport | Cancelled> {
  return startValueInput('locksmith', order, (text) => parseStoreReport(text, order), MOST_BYTES)
}

/**
 * @param text what a locksmith sent
 * @returns `undefined` where that breaks the contract
 */
export function parseStoreReport(
  text: string,
  order: StoreOrder,
): StoreReport | Cancelled | undefined {
  const parsed = objectIn(text, MOST_BYTES)
  if (parsed === undefined) return undefined
  switch (parsed['type']) {
    case 'keyed': {
      const key = KEY_KINDS.find((one) => one === parsed['key'])
      const [own, others] = [recipientsIn(parsed['own']), recipientsIn(parsed['others'])]
      if (key === undefined || own === undefined || others === undefined) return undefined
      const from = KEY_KINDS.find((one) => one === parsed['from'])
      return { type: 'keyed', key, own, others, ...(from === undefined ? {} : { from }) }
    }
    case 'imported':
      return order.action.kind === 'import' ? importedIn(parsed) : undefined
    case 'refused': {
      const fault = INPUT_FAULTS.find((one) => one === parsed['fault'])
      return fault && { type: 'refused', fault }
    }
    case 'failed':
      return failedIn(parsed, order)
    case 'cancelled': {
      const signal = CANCELLING.find((one) => one === parsed['signal'])
      return signal === undefined ? { type: 'cancelled' } : { type: 'cancelled', signal }
    }
    default:
      return undefined
  }
}

function recipientsIn(raw: unknown): string[] | undefined {
  if (!Array.isArray(raw)) return undefined
  const all = raw.map((one) => matching(one, RECIPIENT))
  return all.every((one) => one !== undefined) ? all : undefined
}

function importedIn(raw: Record<string, unknown>): StoreReport | undefined {
  const { items, there, inConfig } = raw
  const [searched, left, unreadable] = ['searched', 'left', 'unreadable'].map((key) =>
    countIn(raw[key]),
  )
  if (!Array.isArray(items) || typeof there !== 'boolean' || typeof inConfig !== 'boolean') {
    return undefined
  }
  if (searched === undefined || left === undefined || unreadable === undefined) return undefined
  const parsed = items.map(itemIn)
  if (!parsed.every((item) => item !== undefined)) return undefined
  const named = Array.isArray(raw['places']) ? raw['places'] : []
  const places = named.map((name) => matching(name, FILE_NAME)).filter((name) => name !== undefined)
  return { type: 'imported', items: parsed, there, searched, left, unreadable, inConfig, places }
}

function itemIn(raw: unknown): ImportedItem | undefined {
  if (!isObject(raw)) return undefined
  const name = matching(raw['name'], NAME)
  const version = matching(raw['version'], VERSION)
  const fingerprint = matching(raw['fingerprint'], FINGERPRINT)
  const { already } = raw
  if (name === undefined || version === undefined || fingerprint === undefined) return undefined
  return typeof already === 'boolean' ? { name, version, fingerprint, already } : undefined
}

function failedIn(
  { what: said, code: coded, reason, place, name: named }: Record<string, unknown>,
  { options, action }: StoreOrder,
): StoreReport | undefined {
  const code = codeOf(coded)
  const what = STORE_FAULTS.find((one) => one === said)
  if (code === undefined || what === undefined) return undefined
  const known = [options['path'], options['identity'], options['passphraseFile']]
  if (action.kind === 'import') known.push(action.path)
  if (action.kind === 'rekey') known.push(action.keyFile)
  // Beside the store and its key lie the lock and the keys of before.
  const places = known.flatMap((path) => [path, `${String(path)}.lock`, `${String(path)}.old`])
  const name = matching(named, NAME)
  return {
    type: 'failed',
    what,
    code,
    ...(isFailureReason(reason) ? { reason } : {}),
    ...(typeof place === 'string' && places.includes(place) ? { place } : {}),
    ...(name === undefined ? {} : { name }),
  }
}
