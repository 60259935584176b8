import type { Command } from 'commander'
import { command, group, type Line } from './line.ts'

export function addStore(program: Command, line: Line): void {
  const store = group(program, 'store', 'The encrypted store: its keys, and moving values into it.')
  const { io, choose } = line
  named(store, 'init', 'Make the store and its key.')
    .option('--passphrase', 'seal it with a passphrase instead of a key file')
    .option('--keychain', 'keep its key in the keychain of the desktop')
    .option(
      '--recipient <age1…>',
      'somebody else who can open it; may be given several times',
      (one: string, all: string[]) => [...all, one],
      [],
    )
    .action((options: object) => {
      choose(async () =>
        (await import('../store-keys.ts')).storeInit(io, { recipient: [], ...options }),
      )
    })
  named(store, 'rekey', 'Give the store a new key or passphrase, or another kind of key.')
    .option('--passphrase', 'a passphrase from now on')
    .option('--keychain', 'its key in the keychain of the desktop')
    .option('--key-file', 'its key in a file')
    .action((options: object) => {
      choose(async () => (await import('../store-keys.ts')).storeRekey(io, options))
    })
  named(
    store,
    'recipients [what] [recipient]',
    'Show who can open it; `add age1…`, `remove age1…`.',
  )
    .option('--json', 'for programs')
    .action((what: string | undefined, recipient: string | undefined, options: object) => {
      choose(async () =>
        (await import('../store-keys.ts')).storeRecipients(io, what, recipient, options),
      )
    })
  named(store, 'import [file]', 'Move a plaintext secrets.json into the store.')
    .option('--json', 'for programs')
    .action((file: string | undefined, options: object) => {
      choose(async () => (await import('../store-import.ts')).storeImport(io, file, options))
    })
}

function named(store: Command, name: string, about: string): Command {
  return command(store, name, about).option('--provider <name>', 'the store that is meant')
}
