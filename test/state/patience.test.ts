/** Another process holds a database: ours waits without stopping. */
import { expect, onTestFinished, test } from 'vitest'
import { openOutbox } from '../../src/alerts/db.ts'
import { SecretRefError } from '../../src/errors.ts'
import { inTransaction } from '../../src/state/db.ts'
import { patiently } from '../../src/state/patience.ts'
import { tempHome } from './folder.ts'

test('what is let go of meanwhile is had', async () => {
  const home = tempHome()
  const [holds, waits] = [openOutbox(home), openOutbox(home)]
  onTestFinished(() => {
    holds.close()
    waits.close()
  })
  holds.exec('BEGIN IMMEDIATE')
  // It only comes to this where nobody stops the process.
  setTimeout(() => holds.exec('COMMIT'), 100)
  expect(await patiently(() => inTransaction(waits, () => 'had'))).toBe('had')
})

test('what is held for good is said, in bounds', async () => {
  const home = tempHome()
  const [holds, waits] = [openOutbox(home), openOutbox(home)]
  onTestFinished(() => {
    holds.close()
    waits.close()
  })
  holds.exec('BEGIN IMMEDIATE')
  await expect(patiently(() => inTransaction(waits, () => 'had'), 60)).rejects.toMatchObject({
    code: 'STATE_UNAVAILABLE',
    message: expect.stringContaining('another process holds it'),
  })
})

test('any other trouble is not waited for', async () => {
  let asked = 0
  const trouble = new SecretRefError('STATE_UNAVAILABLE', 'the disk is full')
  const work = (): void => {
    asked += 1
    throw trouble
  }
  await expect(patiently(work)).rejects.toBe(trouble)
  expect(asked).toBe(1)
})
