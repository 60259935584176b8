/**
 * The locksmith: makes and changes the keys of a store, and moves plaintext values into it. It takes one
 * order, reads a passphrase from stdin where the order needs one, reports closed fields and exits.
 *
 * fd 0 the user's own stdin · fd 1 discarded · fd 2 the user's, for the prompt · fd 3 to control and back.
 * Started with an empty environment and our own absolute file, in the terminal's foreground group.
 */
import { CANCELLING } from '../../gateway/input/set-words.ts'
import type { StoreOrder } from '../../gateway/input/store-words.ts'
import { enterKeychain, KEYCHAIN_VARIABLES } from '../keychain/items.ts'
import { readEnvironment } from '../resolver/environ.ts'
import { wipe } from '../secret/bytes.ts'
import { keepOutOfCoreDumps } from '../secret/process.ts'
import { Control } from '../setter/control.ts'
import { PASSPHRASE_VARIABLE, placeOf } from '../store/key.ts'
import { changeRecipients, init, showRecipients } from './keys.ts'
import { importFile } from './import.ts'
import { rekey } from './rekey.ts'
import { fault, type Report } from './report.ts'

async function main(): Promise<void> {
  keepOutOfCoreDumps()
  const signalled = new AbortController()
  for (const signal of CANCELLING) process.on(signal, () => signalled.abort(signal))
  // A prompt that cannot be shown is no reason to fail.
  process.stderr.on('error', () => {})
  const control = new Control<StoreOrder, Report>()
  const order = await control.instruction()
  if (order === undefined) return
  const cancel = AbortSignal.any([signalled.signal, control.gone])
  const names = new Set([PASSPHRASE_VARIABLE, ...KEYCHAIN_VARIABLES])
  const env = readEnvironment(order.gatewayPid, names)
  try {
    enterKeychain(env)
    await control.report(await act(order, env, cancel))
  } finally {
    wipe(...env.values())
  }
}

async function act(
  order: StoreOrder,
  env: ReadonlyMap<string, Buffer>,
  cancel: AbortSignal,
): Promise<Report> {
  const place = placeOf(order.options, env)
  if (place === undefined) return fault('store', 'PROVIDER_INVALID')
  const { action, pasteMarks } = order
  const work = { place, now: new Date(), prompt: { pasteMarks }, cancel }
  switch (action.kind) {
    case 'init':
      return init(work, action)
    case 'rekey':
      return rekey(work, action)
    case 'recipients':
      return showRecipients(work)
    case 'add':
    case 'remove':
      return changeRecipients(work, action)
    case 'import':
      break
  }
  return importFile(work, order, action)
}

main().then(
  () => process.exit(),
  // An error's own words may hold what was being moved. Without a report, control says that we failed.
  () => process.exit(1),
)
