/**
 * Credentials that can be recognised by their own prefix, wherever they stand. Only unmistakable forms:
 * a config that holds one is refused, so a mere shape (length, alphabet) has no place here. Pure.
 *
 * `source` names the detector rules or the vendor page that state the form. Where a vendor's keys may be
 * longer or shorter than today's, the least length here is below it: a truncated key is a leak as well,
 * and documentation placeholders such as `xoxb-xxxxxxxxxxxxxxxx` are to be replaced by a ref too.
 */
export interface Literal {
  /** What it is, as shown to a person. */
  kind: string
  /** Texts of which one must be there before the pattern is tried. */
  prefixes: readonly string[]
  pattern: RegExp
  source: string
  /** Whatever service it is for: the form does not tell. */
  anybody?: true
}

/**
 * Every repetition is bounded, and one at the end asks for its least only: a config that is not trusted
 * yet is searched too, and must not be able to cost more than its length.
 *
 * No letter or digit may stand before a prefix: `task_live_…` is no Stripe key.
 */
const START = '(?<![A-Za-z0-9])'

function literal(kind: string, prefixes: readonly string[], form: string, source: string): Literal {
  return { kind, prefixes, pattern: new RegExp(START + form), source }
}

function anybodys(...form: Parameters<typeof literal>): Literal {
  return { ...literal(...form), anybody: true }
}

export const LITERALS: readonly Literal[] = [
  literal(
    'Stripe secret or restricted key',
    ['sk_live_', 'sk_test_', 'sk_prod_', 'rk_live_', 'rk_test_', 'rk_prod_'],
    '[sr]k_(?:live|test|prod)_[A-Za-z0-9]{10}',
    'gitleaks stripe-access-token; trufflehog stripe',
  ),
  literal('Stripe webhook secret', ['whsec_'], 'whsec_[A-Za-z0-9+/=]{24}', 'docs.stripe.com'),
  literal(
    'Slack token',
    ['xoxa-', 'xoxb-', 'xoxp-', 'xoxr-', 'xoxs-', 'xoxe-', 'xoxe.', 'xapp-'],
    '(?:xox[abeprs][-.]|xapp-)[A-Za-z0-9.-]{10}',
    'gitleaks slack-bot-token, slack-user-token, slack-app-token; docs.slack.dev',
  ),
  literal(
    'Slack webhook address',
    ['hooks.slack.com/'],
    'hooks\\.slack\\.com/(?:services|workflows|triggers)/[A-Za-z0-9+/]{20}',
    'gitleaks slack-webhook-url; trufflehog slackwebhook',
  ),
  literal(
    'GitHub token',
    ['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_', 'github_pat_'],
    '(?:gh[opusr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{22})',
    'gitleaks github-pat, github-oauth, github-fine-grained-pat; docs.github.com',
  ),
  literal(
    'GitLab token',
    ['glpat-', 'gldt-', 'glrt-'],
    'gl(?:pat|dt|rt)-[A-Za-z0-9_-]{20}',
    'gitleaks gitlab-pat, gitlab-deploy-token, gitlab-runner-authentication-token',
  ),
  literal(
    'AWS access key id',
    ['AKIA', 'ASIA'],
    'A(?:KIA|SIA)[A-Z2-7]{16}(?![A-Za-z0-9])',
    'gitleaks aws-access-token; trufflehog aws',
  ),
  literal(
    'Anthropic key',
    ['sk-ant-'],
    'sk-ant-[a-z0-9]{1,32}-[A-Za-z0-9_-]{20}',
    'trufflehog anthropic',
  ),
  literal(
    'OpenAI key',
    ['sk-proj-', 'sk-admin-', 'sk-svcacct-', 'T3BlbkFJ'],
    'sk-(?:(?:proj|admin|svcacct)-[A-Za-z0-9_-]{20}|[A-Za-z0-9_-]{10,200}T3BlbkFJ[A-Za-z0-9_-]{10})',
    'trufflehog openai, openaiadmin; betterleaks openai-api-key',
  ),
  literal('Google API key', ['AIza'], 'AIza[A-Za-z0-9_-]{35}', 'gitleaks gcp-api-key'),
  literal('npm token', ['npm_'], 'npm_[A-Za-z0-9]{36}', 'gitleaks npm-access-token'),
  literal(
    'PyPI token',
    ['pypi-'],
    'pypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{20}',
    'gitleaks pypi-upload-token',
  ),
  literal('RubyGems key', ['rubygems_'], 'rubygems_[a-f0-9]{48}', 'gitleaks rubygems-api-token'),
  literal(
    'Docker Hub token',
    ['dckr_pat_', 'dckr_oat_'],
    'dckr_[po]at_[A-Za-z0-9_-]{27}',
    'trufflehog dockerhub; docs.docker.com',
  ),
  literal(
    'SendGrid key',
    ['SG.'],
    'SG\\.[A-Za-z0-9_-]{20,24}\\.[A-Za-z0-9_-]{39,50}',
    'gitleaks sendgrid-api-token',
  ),
  literal(
    'Hugging Face token',
    ['hf_', 'api_org_'],
    '(?:hf|api_org)_[A-Za-z0-9]{34}(?![A-Za-z0-9])',
    'gitleaks huggingface-access-token; trufflehog huggingface',
  ),
  literal(
    'DigitalOcean token',
    ['dop_v1_', 'doo_v1_', 'dor_v1_'],
    'do[opr]_v1_[a-f0-9]{64}',
    'gitleaks digitalocean-pat, digitalocean-access-token, digitalocean-refresh-token',
  ),
  literal(
    'Shopify token',
    ['shpat_', 'shpca_', 'shppa_', 'shpua_', 'shpss_'],
    'shp(?:at|ca|pa|ua|ss)_[A-Fa-f0-9]{32}',
    'gitleaks shopify-access-token, shopify-shared-secret',
  ),
  literal(
    'Linear key',
    ['lin_api_', 'lin_oauth_'],
    'lin_(?:api|oauth)_[A-Za-z0-9]{40}',
    'gitleaks linear-api-key; linear.app/developers',
  ),
  literal('Notion token', ['ntn_'], 'ntn_[0-9]{11}[A-Za-z0-9]{35}', 'trufflehog notion'),
  literal(
    'Postman key',
    ['PMAK-'],
    'PMAK-[a-f0-9]{24}-[a-f0-9]{34}',
    'gitleaks postman-api-token; trufflehog postman',
  ),
  literal('Groq key', ['gsk_'], 'gsk_[A-Za-z0-9]{52}', 'trufflehog groq; betterleaks groq-api-key'),
  literal('xAI key', ['xai-'], 'xai-[A-Za-z0-9_-]{70}', 'trufflehog xai; betterleaks xai-api-key'),
  literal('Replicate token', ['r8_'], 'r8_[A-Za-z0-9]{37}', 'trufflehog replicate'),
  literal(
    'Grafana token',
    ['glsa_', 'glc_'],
    '(?:glsa_[A-Za-z0-9]{32}_[A-Fa-f0-9]{8}|glc_[A-Za-z0-9+/]{40})',
    'gitleaks grafana-service-account-token, grafana-cloud-api-token',
  ),
  literal('Databricks token', ['dapi'], 'dapi[0-9a-f]{32}', 'gitleaks databricks-api-token'),
  literal(
    'Sentry token',
    ['sntrys_', 'sntryu_'],
    'sntry(?:s_[A-Za-z0-9+/=_]{60}|u_[a-f0-9]{64})',
    'gitleaks sentry-org-token, sentry-user-token',
  ),
  literal(
    '1Password service account token',
    ['ops_eyJ'],
    'ops_eyJ[A-Za-z0-9+/_-]{100}',
    'gitleaks 1password-service-account-token',
  ),
  literal(
    'Doppler token',
    ['dp.ct.', 'dp.pt.', 'dp.st.', 'dp.sa.', 'dp.scim.', 'dp.audit.'],
    'dp\\.(?:ct|pt|st(?:\\.[a-z0-9_-]{2,35})?|sa|scim|audit)\\.[A-Za-z0-9]{40}',
    'gitleaks doppler-api-token',
  ),
  literal(
    'Vault token',
    ['hvs.', 'hvb.', 'hvr.'],
    'hv[sbr]\\.[A-Za-z0-9_-]{24}',
    'gitleaks vault-service-token',
  ),
  literal(
    'age secret key',
    ['AGE-SECRET-KEY-1'],
    'AGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}',
    'gitleaks age-secret-key',
  ),
  anybodys(
    'signed token (JWT)',
    ['eyJ'],
    'eyJ[A-Za-z0-9_-]{10,512}\\.eyJ[A-Za-z0-9_-]{10}',
    'gitleaks jwt; RFC 7519',
  ),
  anybodys(
    'private key (PEM)',
    ['PRIVATE KEY'],
    '-----BEGIN (?:[A-Z0-9]{1,16} ){0,4}PRIVATE KEY(?: BLOCK)?-----',
    'gitleaks private-key; RFC 7468',
  ),
]

/** One search for all prefixes: most text holds none of them, and a document may be many MB. */
const CANDIDATE = new RegExp(
  LITERALS.flatMap(({ prefixes }) => prefixes)
    .map((prefix) => prefix.replaceAll('.', '\\.'))
    .join('|'),
)

/** The kind of credential that `text` holds, or nothing. Never any part of the text itself. */
export function literalKind(text: string): string | undefined {
  if (!CANDIDATE.test(text)) return undefined
  return LITERALS.find((one) => holds(text, one))?.kind
}

/** Every kind that `text` holds and whose form tells the service. */
export function serviceLiterals(text: string): string[] {
  if (!CANDIDATE.test(text)) return []
  return LITERALS.filter((one) => one.anybody === undefined && holds(text, one)).map(
    ({ kind }) => kind,
  )
}

/** The kinds that credentials look like of which these are the forms' examples, as the catalogue has them. */
export function literalsLike(examples: readonly string[]): string[] {
  return LITERALS.filter(({ prefixes }) =>
    examples.some((example) => prefixes.some((prefix) => example.includes(prefix))),
  ).map(({ kind }) => kind)
}

function holds(text: string, { prefixes, pattern }: Literal): boolean {
  return prefixes.some((prefix) => text.includes(prefix)) && pattern.test(text)
}
