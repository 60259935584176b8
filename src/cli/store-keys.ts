/** `secretref store init | rekey | recipients`: who can open the store. */
import { SecretRefError } from '../errors.ts'
import { RECIPIENT, type KeyKind, type StoreAction } from '../gateway/input/store-words.ts'
import { safeJson } from '../printable.ts'
import { printable, type Io } from './io.ts'
import {
  askStore,
  changeStore,
  findStore,
  refuseInside,
  type Done,
  type Store,
  type StoreOptions,
} from './store-order.ts'

type Keyed = Extract<Done, { type: 'keyed' }>

export interface InitOptions extends StoreOptions {
  passphrase?: true
  keychain?: true
  recipient: readonly string[]
}

export async function storeInit(io: Io, options: InitOptions): Promise<number> {
  refuseInside(io)
  const { passphrase, keychain, recipient } = options
  if (passphrase && keychain) throw usage('a store has a passphrase or a key, not both')
  for (const one of recipient) checkRecipient(one)
  const store = await findStore(io, options)
  const { identity, passphraseFile } = store.options
  const stated = given(io, passphraseFile)
    ? 'passphrase'
    : identity === 'keychain'
      ? 'keychain'
      : 'file'
  const key: KeyKind = passphrase ? 'passphrase' : keychain ? 'keychain' : stated
  if (key === 'passphrase' && recipient.length > 0) {
    throw usage(
      'age seals a file with a passphrase or to recipients, never both',
      'leave out the passphrase: a key file and the recipients then open it',
    )
  }
  await changeStore(io, store, { kind: 'init', key, recipients: recipient }, (done) => {
    io.err(`${printable(`made store ${place(store)}`)}\n`)
    if (done.type === 'keyed') sayKey(io, store, done)
    sayMissing(io, store, key, stated)
  })
  return 0
}

/** A store that is made while a passphrase is there has that, as `secrets set` makes it too. */
function given(io: Io, passphraseFile: unknown): boolean {
  return typeof passphraseFile === 'string' || Boolean(io.env['SECRETREF_STORE_PASSPHRASE'])
}

/** What the config has to say so that the store that was made is the one that opens. */
function sayMissing(io: Io, { provider, options }: Store, key: KeyKind, stated: KeyKind): void {
  if (key === 'keychain' && stated !== 'keychain') {
    io.err(
      `hint: write it into the config: "providers": {"${provider}": {"identity": "keychain"}}\n`,
    )
  }
  if (key === 'passphrase' && !given(io, options['passphraseFile'])) {
    io.err(
      'hint: a start needs it in SECRETREF_STORE_PASSPHRASE, or in a file (0600) that "passphraseFile" of the config names\n',
    )
  }
}

export interface RekeyOptions extends StoreOptions {
  passphrase?: true
  keychain?: true
  keyFile?: true
}

export async function storeRekey(io: Io, options: RekeyOptions): Promise<number> {
  refuseInside(io)
  const { passphrase, keychain, keyFile: file } = options
  const wanted: [KeyKind, true | undefined][] = [
    ['passphrase', passphrase],
    ['keychain', keychain],
    ['file', file],
  ]
  const [[to] = [undefined], second] = wanted.filter(([, flag]) => flag)
  if (second !== undefined) {
    throw usage('a store has one kind of key: --passphrase, --keychain or --key-file')
  }
  const store = await findStore(io, options)
  const { identity } = store.options
  const stated = identity === 'keychain' ? 'keychain' : 'file'
  const keyFile = stated === 'file' ? String(identity) : io.home.store.identity
  const action = { kind: 'rekey', keyFile, ...(to === undefined ? {} : { to }) } as const
  await changeStore(io, store, action, (done) => {
    if (done.type !== 'keyed') return
    if (done.from !== undefined) {
      sayConverted(io, store, done, { keyFile, stated })
      return
    }
    io.err(`${printable(`${place(store)} has a new key`)}\n`)
    sayKey(io, store, done)
    if (done.key === 'passphrase') {
      io.err(
        'hint: put the new passphrase where a start takes it from; the old one opens only older copies\n',
      )
    } else {
      const where =
        done.key === 'keychain'
          ? 'the keychain, under the same name and .old'
          : `${String(store.options['identity'])}.old`
      io.err(
        `${printable(`the old key is kept in ${where}: it opens older copies; remove it when there are none`)}\n`,
      )
      io.err(
        'hint: where the old key may have leaked, older copies are open to whoever has it: rotate the values\n',
      )
    }
  })
  return 0
}

/** What the config has to say from now on, and what may go then. */
function sayConverted(
  io: Io,
  store: Store,
  { key, from }: Keyed,
  { keyFile, stated }: { keyFile: string; stated: KeyKind },
): void {
  const where = { file: keyFile, keychain: 'the keychain', passphrase: 'its passphrase' }
  io.err(
    `${printable(`${place(store)} is opened by ${key === 'passphrase' ? '' : 'a key in '}${where[key]} from now on`)}\n`,
  )
  if (key !== 'passphrase' && key !== stated) {
    const identity = key === 'keychain' ? 'keychain' : keyFile
    io.err(
      `${printable(`hint: write it into the config: "providers": {"${store.provider}": {"identity": "${identity}"}}`)}\n`,
    )
  }
  if (key === 'passphrase') {
    sayMissing(io, store, key, stated)
    io.err(
      `${printable(`the key stays in ${where[stated]}: it opens older copies; remove it when there are none`)}\n`,
    )
  } else if (from === 'passphrase') {
    io.err(
      'hint: take the passphrase away from where a start takes it; it opens older copies alone\n',
    )
  } else {
    io.err(
      `${printable(`hint: the same key lies in ${where[stated]} too, so that starts go on; once the config is changed, \`${io.program} store rekey\` makes a new one, and that one can go`)}\n`,
    )
  }
}

export async function storeRecipients(
  io: Io,
  what: string | undefined,
  recipient: string | undefined,
  options: StoreOptions & { json?: true },
): Promise<number> {
  if (what === undefined || what === 'list') {
    if (recipient !== undefined) throw usage('list takes no recipient')
    const store = await findStore(io, options)
    const done = await askStore(io, store, { kind: 'recipients' })
    if (done.type === 'keyed') show(io, store, done, options.json === true)
    return 0
  }
  if (what !== 'add' && what !== 'remove')
    throw usage('what to do with recipients is list, add or remove')
  if (recipient === undefined) throw usage(`${what} takes a recipient`)
  refuseInside(io)
  checkRecipient(recipient)
  const store = await findStore(io, options)
  const action: StoreAction = { kind: what, recipient }
  await changeStore(io, store, action, () => {
    if (what === 'add') {
      io.err(`${printable(`${recipient} can open ${place(store)} from now on`)}\n`)
      return
    }
    io.err(`${printable(`${recipient} cannot open ${place(store)} as it is now`)}\n`)
    io.err(
      'hint: copies from before stay readable to that key, and so do the values in them: rotate the values\n',
    )
  })
  return 0
}

function show(io: Io, store: Store, { key, own, others }: Keyed, json: boolean): void {
  if (json) {
    const { provider } = store
    io.out(`${safeJson({ version: 1, provider, key, own, others })}\n`)
    return
  }
  if (key === 'passphrase')
    io.out(`${printable(`${place(store)} is opened by its passphrase alone`)}\n`)
  for (const one of own) io.out(`${one}  this machine\n`)
  for (const one of others) io.out(`${one}\n`)
}

function sayKey(io: Io, { options }: Store, { key, own, others }: Keyed): void {
  const where = { file: String(options['identity']), keychain: 'the keychain', passphrase: '' }[key]
  if (key === 'passphrase')
    io.err('opened by: its passphrase; a start with it takes about a second more\n')
  else io.err(`${printable(`opened by: ${own.join(', ')} (${where})`)}\n`)
  for (const one of others) io.err(`           ${one}\n`)
  if (key !== 'passphrase' && others.length === 0) {
    io.err(
      'hint: keep a copy of the key somewhere else, or add a recovery key that lies offline: store recipients add age1…\n',
    )
  }
}

function place({ options }: Store): string {
  return String(options['path'])
}

/** Never repeated: a secret key may have been pasted in its place. */
function checkRecipient(text: string): void {
  if (RECIPIENT.test(text)) return
  throw usage(
    /^AGE-SECRET-KEY/i.test(text)
      ? 'this is a secret key of age, and every user of this machine can read a command line'
      : 'this is no age recipient',
    /^AGE-SECRET-KEY/i.test(text)
      ? 'replace that key; what belongs here is its public key, age1…'
      : 'a recipient is the public key that age-keygen prints: age1 and 58 more letters and digits',
  )
}

function usage(message: string, hint?: string): SecretRefError {
  return new SecretRefError('USAGE', message, hint === undefined ? {} : { hint })
}
