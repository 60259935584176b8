/** Texts that are taken for a credential wherever they stand, by kind. */

/** Put together here, so that no scanner takes this file for a leak. */
const made = (...parts: string[]): string => parts.join('')
const run = (char: string, count: number): string => char.repeat(count)

export const SAMPLES: Record<string, string[]> = {
  'Stripe secret or restricted key': ['sk_live_', 'sk_test_', 'rk_live_', 'rk_test_'].map(
    (prefix) => made(prefix, run('Fake', 6)),
  ),
  'Stripe webhook secret': [made('whsec_', run('Fake', 8))],
  'Slack token': [
    made('xoxb-', '1234567890-', run('Fake', 6)),
    made('xoxp-', run('1', 12)),
    made('xoxe.xoxp-1-', run('F', 100)),
    made('xapp-1-', run('A', 20)),
  ],
  'Slack webhook address': [
    made('https://hooks.slack.com/services/T00000000/B00000000/', run('x', 24)),
  ],
  'GitHub token': [
    ...['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_'].map((prefix) => made(prefix, run('a', 36))),
    made('github_pat_', run('A', 22), '_', run('b', 59)),
  ],
  'GitLab token': [made('glpat-', run('x', 20)), made('gldt-', run('x', 20))],
  'AWS access key id': [made('AKIA', run('Q', 16)), made('ASIA', run('2', 16))],
  'Anthropic key': [made('sk-ant-api03-', run('x', 93), 'AA'), made('sk-ant-oat01-', run('x', 40))],
  'OpenAI key': [
    made('sk-proj-', run('x', 40)),
    made('sk-svcacct-', run('x', 40)),
    made('sk-', run('x', 20), 'T3Blbk', 'FJ', run('x', 20)),
  ],
  'Google API key': [made('AIza', run('x', 35))],
  'npm token': [made('npm_', run('x', 36))],
  'PyPI token': [made('pypi-', 'AgEIcHlwaS5vcmc', run('x', 50))],
  'RubyGems key': [made('rubygems_', run('a', 48))],
  'Docker Hub token': [made('dckr_pat_', run('x', 27))],
  'SendGrid key': [made('SG.', run('x', 22), '.', run('x', 43))],
  'Hugging Face token': [made('hf_', run('x', 34))],
  'DigitalOcean token': [made('dop_v1_', run('a', 64))],
  'Shopify token': [made('shpat_', run('a', 32))],
  'Linear key': [made('lin_api_', run('x', 40))],
  'Notion token': [made('ntn_', run('1', 11), run('x', 35))],
  'Postman key': [made('PMAK-', run('a', 24), '-', run('b', 34))],
  'Groq key': [made('gsk_', run('x', 52))],
  'xAI key': [made('xai-', run('x', 80))],
  'Replicate token': [made('r8_', run('x', 37))],
  'Grafana token': [made('glsa_', run('x', 32), '_', run('a', 8)), made('glc_', run('x', 60))],
  'Databricks token': [made('dapi', run('a', 32))],
  'Sentry token': [made('sntrys_', run('x', 100)), made('sntryu_', run('a', 64))],
  '1Password service account token': [made('ops_eyJ', run('x', 250))],
  'Doppler token': [made('dp.st.', 'dev.', run('x', 43)), made('dp.pt.', run('x', 43))],
  'Vault token': [made('hvs.', run('x', 24)), made('hvb.', run('x', 60))],
  'age secret key': [made('AGE-SECRET-KEY-1', run('Q', 58))],
  'signed token (JWT)': [made('eyJ', run('x', 20), '.eyJ', run('x', 20), '.', run('x', 20))],
  'private key (PEM)': [
    made('-----BEGIN ', 'PRIVATE KEY-----'),
    made('-----BEGIN RSA ', 'PRIVATE KEY-----\n'),
    made('-----BEGIN OPENSSH ', 'PRIVATE KEY-----'),
    made('-----BEGIN PGP ', 'PRIVATE KEY BLOCK-----'),
  ],
}
