"""The one settings file: demonstration by default, production by EMN_ENV=production.

Everything that differs between machines is read from the environment, typed; what production cannot
do without stops the start and names itself. `docs/deploy.md` lists the variables.
"""

import re
import secrets
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _
from kombu import Queue

from emn.accounts import demo
from emn.lib import bucket, centre, env
from emn.lib.embedded_postgres.server import server_at
from emn.mailings import mailbox_address

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = env.path("EMN_DATA_DIR", BASE_DIR / "var")
ENVIRONMENT = env.text("EMN_ENV", "demo")
if ENVIRONMENT not in {"demo", "production"}:
    raise ImproperlyConfigured(f"EMN_ENV vaut demo ou production, et non « {ENVIRONMENT} ».")
DEMO = ENVIRONMENT == "demo"
DEBUG = env.boolean("EMN_DEBUG", default=False) and DEMO


def _demo_secret() -> str:
    """Return the secret of this demonstration, made once and kept in the state folder."""
    file = DATA_DIR / "secret_key"
    try:
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch(mode=0o600)
            file.write_text(secrets.token_urlsafe(50))
        return file.read_text()
    except OSError as error:
        raise ImproperlyConfigured(
            f"Le dossier d’état {DATA_DIR} n’est pas accessible en écriture ({error.strerror}). "
            "Corrigez ses droits, ou choisissez-en un autre par EMN_DATA_DIR."
        ) from None


SECRET_KEY = env.text("EMN_SECRET_KEY", _demo_secret() if DEMO else None)
PUBLIC_URL = env.text("EMN_PUBLIC_URL", "http://127.0.0.1:8000" if DEMO else None).rstrip("/")
_public = urlsplit(PUBLIC_URL)
SECURE = _public.scheme == "https"
if not DEMO and not SECURE:
    raise ImproperlyConfigured("EMN_PUBLIC_URL doit commencer par https:// en production.")

# --- The centre: Moselle's unless a folder says another one (`manage.py new_centre` writes it) ---
CENTRE_DIR: Path | None = env.parsed("EMN_CENTRE_DIR", lambda value: Path(value).absolute())
if CENTRE_DIR:
    env.give(centre.environment(CENTRE_DIR))
CENTRE_NAME = env.text("EMN_CENTRE_NAME", "Espace Moselle Numérique")
CENTRE_SHORT_NAME = env.text("EMN_CENTRE_SHORT_NAME", "EMN")
DEPARTEMENT = env.text("EMN_DEPARTEMENT", "57")
DEPARTEMENT_NAME = env.text("EMN_DEPARTEMENT_NAME", "Moselle")
# Those of the région: how far a card reaches that says « dans toute la région ».
REGION_DEPARTEMENTS = env.words(
    "EMN_REGION_DEPARTEMENTS", ["08", "10", "51", "52", "54", "55", "57", "67", "68", "88"]
)
# The State’s company search, asked when the register does not know a SIRET; off when empty.
RECHERCHE_ENTREPRISES_URL = env.text("EMN_RECHERCHE_ENTREPRISES_URL", "")
# The State’s legal notices, asked about the companies of the charter; off when empty.
BODACC_URL = env.text("EMN_BODACC_URL", "")
# Tiles under the directory's map, as https://…/{z}/{x}/{y}…; while empty, no third party is asked.
MAP_TILES = env.text("EMN_MAP_TILES", "")
MAP_TILES_CREDIT = env.text("EMN_MAP_TILES_CREDIT", None if MAP_TILES else "")
_tiles = urlsplit(MAP_TILES)
if MAP_TILES and not (_tiles.netloc and all(sign in MAP_TILES for sign in ("{z}", "{x}", "{y}"))):
    raise ImproperlyConfigured(
        "EMN_MAP_TILES est une adresse complète qui contient {z}, {x} et {y}."
    )
CONTACT_EMAIL = env.text("EMN_CONTACT_EMAIL", "contact@emn.example" if DEMO else None)
SECURITY_EMAIL = env.text("EMN_SECURITY_EMAIL", CONTACT_EMAIL)
DPO_EMAIL = env.text("EMN_DPO_EMAIL", CONTACT_EMAIL)
CENTRE_ADDRESS = env.text("EMN_CENTRE_ADDRESS", "Metz (Moselle)" if DEMO else None)
_DEMO_FACT = "à renseigner (démonstration)"
# Legal notices: the law on trust in the digital economy (2004-575) asks for each of them.
PUBLISHER = env.text("EMN_PUBLISHER", _DEMO_FACT if DEMO else None)
PUBLICATION_DIRECTOR = env.text("EMN_PUBLICATION_DIRECTOR", _DEMO_FACT if DEMO else None)
HOSTING_COMPANY = env.text("EMN_HOSTING_COMPANY", _DEMO_FACT if DEMO else None)

# --- Money: who sells, as invoices say it; an invoice is refused while one of them is missing ---
SELLER: dict[str, Any] = {
    "name": env.text("EMN_SELLER_NAME", CENTRE_NAME),
    "siret": env.text("EMN_SELLER_SIRET", "11002233200016" if DEMO else ""),
    "vat_id": env.text("EMN_SELLER_VAT_ID", "FR64110022332" if DEMO else ""),
    "street": env.text("EMN_SELLER_STREET", "1 rue de la Démonstration" if DEMO else ""),
    "postcode": env.text("EMN_SELLER_POSTCODE", "57000" if DEMO else ""),
    "city": env.text("EMN_SELLER_CITY", "Metz" if DEMO else ""),
    "country": "FR",
    "email": env.text("EMN_SELLER_EMAIL", CONTACT_EMAIL),
    "training_number": env.text("EMN_SELLER_TRAINING_NUMBER", "44570000057" if DEMO else ""),
    "iban": env.text("EMN_SELLER_IBAN", "FR7630006000011234567890189" if DEMO else ""),
    "bic": env.text("EMN_SELLER_BIC", "AGRIFRPP" if DEMO else ""),
    "vat_on_debits": env.boolean("EMN_SELLER_VAT_ON_DEBITS", default=False),
}
# Payment by card: off while empty; « stripe » needs both secrets.
CARD_PROVIDER = env.text("EMN_CARD_PROVIDER", "")
STRIPE_SECRET_KEY = env.text("EMN_STRIPE_SECRET_KEY", None if CARD_PROVIDER == "stripe" else "")
STRIPE_WEBHOOK_SECRET = env.text(
    "EMN_STRIPE_WEBHOOK_SECRET", None if CARD_PROVIDER == "stripe" else ""
)
STRIPE_API_URL = env.text("EMN_STRIPE_API_URL", "https://api.stripe.com").rstrip("/")

# --- Demonstration: data loaded by the first `make run`, and accounts that production shuts out ---
FIRST_RUN: list[dict[str, Any]] = [
    {"command": "sync_territory", "arguments": ["--write"], "fills": "territory.Commune"},
    {"command": "seed_demo", "arguments": [], "fills": "directory.Provider"},
    {"command": "seed_events", "arguments": [], "fills": "events.Session"},
    {"command": "seed_pages", "arguments": [], "fills": "pages.Page"},
    {"command": "seed_visits", "arguments": [], "fills": "diagnostics.Adviser"},
    {"command": "seed_indicators", "arguments": [], "fills": "observatory.Release"},
    {"command": "seed_surveys", "arguments": [], "fills": "observatory.Survey"},
    {"command": "seed_funding", "arguments": [], "fills": "observatory.Agreement"},
]
if CENTRE_DIR:  # the companies of the demonstration are Moselle's
    FIRST_RUN = FIRST_RUN[:1]
AFTER_MIGRATION = [  # docker-compose.yml says the same
    ("sync_roles",),
    ("sync_lists", "--write"),
    ("sync_trust", "--write"),
    ("sync_charters", "--write"),
    ("sync_agenda", "--write"),
    ("sync_money", "--write"),
    ("sync_diagnostics", "--write"),
    ("sync_surveys", "--write"),
    ("sync_help", "--write"),
    ("sync_menus", "--write"),
    ("draw_social_cards",),
    ("reindex_directory", "--if-needed"),
]
DEMO_PASSWORD = demo.DEMO_PASSWORD
DEMO_ACCOUNTS = [
    (demo.AGENT, "agent du centre"),
    (demo.PROVIDER, "prestataire"),
    (demo.COMPANY, "entreprise"),
]

# --- Applications ---
INSTALLED_APPS = [
    "modeltranslation",
    "emn.lib",
    "emn.mailings",
    "emn.accounts",
    "emn.territory",
    "emn.questionnaires",
    "emn.pages",
    "directory",
    "events",
    "diagnostics",
    "observatory",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "anymail",
    "csp",
    "django_filters",
    "drf_spectacular",
    "rest_framework",
    "django_htmx",
    "simple_history",
    "template_partials",
    "emn.lib.apps.PortalAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.sitemaps",
    "django.contrib.staticfiles",
    "django.forms",
]

MIDDLEWARE = [
    "emn.lib.monitoring.middleware.RequestCounts",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "emn.lib.content_policy.ContentPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "emn.lib.languages.LanguageMiddleware",
    "emn.lib.odd_requests.NulMiddleware",
    "emn.lib.body_limit.BodyLimitMiddleware",
    "emn.pages.middleware.RedirectMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
]

ROOT_URLCONF = "emn.urls"
WSGI_APPLICATION = "emn.wsgi.application"
ASGI_APPLICATION = "emn.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "emn.lib.context.centre",
            ],
            "builtins": [
                "template_partials.templatetags.partials",
                "django.templatetags.i18n",
                "django.templatetags.static",
                "emn.lib.templatetags.components",
                "emn.lib.templatetags.french",
                "emn.lib.templatetags.keep",
            ],
        },
    }
]

FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# --- Database, cache, broker ---
DATABASE_URL = env.text("DATABASE_URL", "" if DEMO else None)
EMBEDDED_POSTGRES_OPTIONS: dict[str, str] = dict(
    option.split("=", 1) for option in env.words("EMN_POSTGRES_OPTIONS")
)
if DATABASE_URL:
    _default = env.database(DATABASE_URL)
else:
    _default = server_at(DATA_DIR / "postgres", EMBEDDED_POSTGRES_OPTIONS).connect_options()
_KEPT: dict[str, object] = {"CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}
DATABASES = {"default": _default | _KEPT}
# A standby that public figures and the API are read from; emn.lib.replica says when.
if REPLICA_URL := env.text("EMN_REPLICA_URL", ""):
    DATABASES["replica"] = env.database(REPLICA_URL, name="EMN_REPLICA_URL") | _KEPT
    DATABASE_ROUTERS = ["emn.lib.replica.Router"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.text("REDIS_URL", "")
if REDIS_URL:
    CACHES: dict[str, dict[str, object]] = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": REDIS_URL,
            "KEY_PREFIX": "emn",
            "OPTIONS": {"socket_connect_timeout": 2, "socket_timeout": 5},
        }
    }
    CELERY_BROKER_URL = REDIS_URL
    CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, object] = {
        "visibility_timeout": 3600,
        "socket_connect_timeout": 2,
        "socket_timeout": 10,
        # A request that rings must not wait for a broker that is down: the sweep makes up.
        "max_retries": 1,
        "interval_start": 0,
        "interval_step": 0.1,
    }
else:
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.db.DatabaseCache",
            "LOCATION": "emn_cache",
            "OPTIONS": {"MAX_ENTRIES": 20_000},
        }
    }
    _broker = DATA_DIR / "broker"
    CELERY_BROKER_URL = "filesystem://localhost"
    CELERY_BROKER_TRANSPORT = "emn.lib.filesystem_broker:Transport"
    CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(_broker / "queue"),
        "data_folder_out": str(_broker / "queue"),
        "control_folder": str(_broker / "control"),
        "polling_interval": 0.2,
    }
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_QUEUES = [Queue("transactional"), Queue("list"), Queue("default")]
CELERY_TASK_ROUTES = {
    "emn.mailings.tasks.run_campaign": {"queue": "list"},
    "emn.mailings.tasks.start_due_campaigns": {"queue": "default"},  # an audience takes a minute
    "emn.mailings.tasks.check_links": {"queue": "default"},  # waits for other people's servers
    "emn.mailings.tasks.read_returns": {"queue": "default"},  # so does this
    "emn.mailings.tasks.close_cancelled": {"queue": "default"},
    "emn.mailings.tasks.reopen_doubts": {"queue": "default"},
    "emn.mailings.tasks.count_audience": {"queue": "default"},
    "emn.mailings.tasks.run_subscriber_import": {"queue": "default"},  # minutes: no code waits
    "emn.mailings.tasks.*": {"queue": "transactional"},
    "directory.tasks.compute_trust": {"queue": "transactional"},  # some ms, and somebody waits
}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TIMEZONE = "UTC"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SCHEDULER = "emn.lib.one_clock:Scheduler"
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "beat-schedule")
CELERY_BEAT_SCHEDULE: dict[str, dict[str, object]] = {
    "mailings.sweep": {
        "task": "emn.mailings.tasks.sweep",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "mailings.sweep_campaigns": {
        "task": "emn.mailings.tasks.sweep_campaigns",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "mailings.read_returns": {
        "task": "emn.mailings.tasks.read_returns",
        "schedule": 300.0,
        "options": {"expires": 300},
    },
    "mailings.ask_to_stay": {
        "task": "emn.mailings.tasks.ask_to_stay",
        "schedule": crontab(hour="7-17", minute=40),  # some at a time: UTC
    },
    "mailings.inform_imported": {
        "task": "emn.mailings.tasks.inform_imported",
        "schedule": crontab(hour="5-18", minute="*/5"),  # some at a time: UTC
        "options": {"expires": 300},
    },
    "mailings.campaigns": {
        "task": "emn.mailings.tasks.start_due_campaigns",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "accounts.personal_data": {
        "task": "emn.accounts.tasks.keep_personal_data_in_order",
        "schedule": crontab(hour=2, minute=30),
    },
    "diagnostics.stages": {
        "task": "diagnostics.tasks.remind_of_stages",
        "schedule": crontab(hour=6, minute=50),
    },
    "diagnostics.benchmarks": {
        "task": "diagnostics.tasks.write_benchmarks",
        "schedule": crontab(hour=2, minute=10),
    },
    "observatory.objectives": {
        "task": "observatory.tasks.count_agreements",
        "schedule": crontab(minute=50),
        "options": {"expires": 3600},
    },
    "observatory.reports": {  # makes up for a lost call
        "task": "observatory.tasks.finish_reports",
        "schedule": 300.0,
        "options": {"expires": 300},
    },
    "observatory.publications": {  # makes up for a lost call
        "task": "observatory.tasks.make_documents_left",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "observatory.open_data": {
        "task": "observatory.tasks.write_open_data",
        "schedule": crontab(hour=3, minute=20),
    },
    "observatory.promises": {
        "task": "observatory.tasks.measure_promises",
        "schedule": crontab(hour=4, minute=30),
    },
    "diagnostics.documents": {  # makes up for a lost call
        "task": "diagnostics.tasks.write_missing_documents",
        "schedule": 300.0,
        "options": {"expires": 300},
    },
    "lib.page_changes": {
        "task": "emn.lib.tasks.forget_old_changes",
        "schedule": crontab(minute=17),
    },
    "observatory.indicators": {  # after the night's register
        "task": "observatory.tasks.refresh_indicators",
        "schedule": crontab(hour=3, minute=25),
    },
    "directory.companies": {  # makes up for an import whose follow-up failed
        "task": "directory.tasks.refresh_companies",
        "schedule": crontab(hour=2, minute=50),
    },
    "directory.quality": {
        "task": "directory.tasks.refresh_quality",
        "schedule": crontab(hour=3, minute=40),
    },
    "directory.freshness": {
        "task": "directory.tasks.keep_cards_fresh",
        "schedule": crontab(hour=7, minute=20),
    },
    "pages.social_cards": {
        "task": "emn.pages.tasks.draw_social_cards",
        "schedule": crontab(minute="3-58/5"),
        "options": {"expires": 300},
    },
    "directory.share_pictures": {  # makes up for tasks that a dead broker lost
        "task": "directory.tasks.draw_missing_pictures",
        "schedule": crontab(hour=4, minute=10),
    },
    "directory.claims": {
        "task": "directory.tasks.expire_claims",
        "schedule": crontab(hour=4, minute=5),
    },
    "directory.trust": {  # soon after midnight: an index that ends with the day must go
        "task": "directory.tasks.compute_all_trust",
        "schedule": crontab(hour="22,23", minute=5),  # UTC: midnight in France, summer and winter
    },
    "directory.trust_again": {  # the same, for the other core; and after the night's register
        "task": "directory.tasks.compute_all_trust",
        "schedule": crontab(hour="3,22,23", minute=6),
    },
    "directory.trust_sweep": {
        "task": "directory.tasks.sweep_trust",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "directory.charter": {  # writes down what the pages already show
        "task": "directory.tasks.keep_charter_terms",
        "schedule": crontab(minute=5),
    },
    "directory.insolvency": {  # a hundred companies an hour, each about once a week
        "task": "directory.tasks.check_insolvency",
        "schedule": crontab(minute=35),
        "options": {"expires": 3600},
    },
    "directory.audits": {
        "task": "directory.tasks.keep_audits",
        "schedule": crontab(hour=5, minute=15),
    },
    "directory.complaints": {
        "task": "directory.tasks.run_complaint_clocks",
        "schedule": crontab(minute=25),
    },
    "directory.duplicates": {
        "task": "directory.tasks.find_duplicates",
        "schedule": crontab(hour=4, minute=20),
    },
    "directory.alerts": {
        "task": "directory.tasks.send_alerts",
        "schedule": crontab(minute="*/10"),
        "options": {"expires": 600},
    },
    "directory.alerts_ending": {
        "task": "directory.tasks.announce_endings",
        "schedule": crontab(hour=4, minute=10),
    },
    "directory.needs": {
        "task": "directory.tasks.run_need_clocks",
        "schedule": crontab(minute="*/10"),
        "options": {"expires": 600},
    },
    "directory.bridge": {
        "task": "directory.tasks.run_bridge_clock",
        "schedule": crontab(minute=37),
    },
    "directory.quotes": {  # writes down what the pages already show
        "task": "directory.tasks.keep_quote_terms",
        "schedule": crontab(minute=25),
    },
    "directory.chests": {
        "task": "directory.tasks.remind_of_chests",
        "schedule": crontab(hour=7, minute=35),
    },
    "directory.reviews": {
        "task": "directory.tasks.run_review_clocks",
        "schedule": crontab(minute="5-59/10"),
        "options": {"expires": 600},
    },
    "events.greet": {  # makes up for a lost bell
        "task": "events.tasks.greet",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "events.table_clocks": {
        "task": "events.tasks.run_table_clocks",
        "schedule": crontab(minute="*/5"),
        "options": {"expires": 300},
    },
    "events.clocks": {
        "task": "events.tasks.run_clocks",
        "schedule": crontab(minute="*/5"),
        "options": {"expires": 300},
    },
    "events.money": {
        "task": "events.tasks.run_money_clocks",
        "schedule": crontab(minute="8-59/15"),
        "options": {"expires": 900},
    },
    "events.training_clocks": {
        "task": "events.tasks.run_training_clocks",
        "schedule": crontab(minute="*/5"),
        "options": {"expires": 300},
    },
    "events.showroom_clocks": {
        "task": "events.tasks.run_showroom_clocks",
        "schedule": crontab(minute="2-57/5"),
        "options": {"expires": 300},
    },
    "observatory.survey_clocks": {
        "task": "observatory.tasks.run_survey_clocks",
        "schedule": crontab(minute="4-59/5"),
        "options": {"expires": 300},
    },
    "directory.counts": {
        "task": "directory.tasks.shorten_counts",
        "schedule": crontab(hour=3, minute=40),
    },
    "directory.unanswered": {
        "task": "directory.tasks.report_unanswered",
        "schedule": crontab(day_of_week="monday", hour=5, minute=0),
    },
    "directory.offers": {  # makes up for a removal that a dead broker or worker left half done
        "task": "directory.tasks.move_offers_left",
        "schedule": crontab(minute=41),
    },
    "directory.exports": {  # makes up for an export that a dead broker or worker left
        "task": "directory.tasks.write_exports_left",
        "schedule": crontab(minute="*/15"),
    },
    "directory.index": {  # makes up for a reindexing that a dead broker lost
        "task": "directory.tasks.reindex_directory",
        "schedule": crontab(hour=3, minute=10),
    },
}

TALLY_EVERY_S = 30  # how often a web process writes what it counted (emn.lib.tally)

# --- Languages and time ---
LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", _("Français")), ("de", _("Allemand")), ("en", _("Anglais"))]
LOCALE_PATHS = [BASE_DIR / "locale", BASE_DIR / "locale" / "allauth"]
FORMAT_MODULE_PATH = "emn.formats"
MODELTRANSLATION_DEFAULT_LANGUAGE = "fr"
MODELTRANSLATION_FALLBACK_LANGUAGES = ("fr",)
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Europe/Paris"
USE_THOUSAND_SEPARATOR = True

# --- Accounts ---
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["emn.accounts.auth_backends.PortalBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "account_home"
LOGOUT_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "emn.accounts.adapters.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "emn.accounts.forms.LoginForm",
    "signup": "emn.accounts.forms.SignupForm",
}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1"]
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 15 * 60
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_TIMEOUT = 15 * 60
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = True
# Per address and hour rather than per minute where a whole room may share one connection; the mails
# that a stranger can be sent are capped per recipient in emn.mailings.
ACCOUNT_RATE_LIMITS = {"signup": "60/h/ip", "request_login_code": "60/h/ip,3/m/key"}
MFA_ADAPTER = "emn.accounts.adapters.MfaAdapter"
MFA_FORMS = {
    "login_webauthn": "emn.accounts.forms.LoginKeyForm",
    "add_webauthn": "emn.accounts.forms.AddKeyForm",
    "edit_webauthn": "emn.accounts.forms.EditKeyForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_TOLERANCE = 1
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = DEMO
STAFF_MFA_REQUIRED = not DEMO
# ProConnect (or any OpenID Connect body): offered once these three are set.
PROCONNECT_URL = env.text("EMN_PROCONNECT_URL", "")
SOCIALACCOUNT_PROVIDERS: dict[str, dict[str, object]] = {}
if PROCONNECT_URL:
    SOCIALACCOUNT_PROVIDERS["openid_connect"] = {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": "proconnect",
                "name": "ProConnect",
                "client_id": env.text("EMN_PROCONNECT_CLIENT_ID"),
                "secret": env.text("EMN_PROCONNECT_SECRET"),
                "settings": {"server_url": PROCONNECT_URL},
            }
        ],
    }
SESSION_COOKIE_AGE = 14 * 24 * 3600
STAFF_SESSION_AGE = 12 * 3600  # a day of work

# --- E-mail: every message is an outbox row; the relay is only used by the worker ---
# What fingerprints of addresses are keyed by: it outlives the secret key, or blocks would be lost.
MAILBOX_KEY = env.text("EMN_MAILBOX_KEY", SECRET_KEY)
# Links of messages already sent outlive a change of the secret key, for the time that it is named.
SECRET_KEY_FALLBACKS = env.words("EMN_OLD_SECRET_KEYS")
DEFAULT_FROM_EMAIL = env.text("EMN_FROM_EMAIL", f"{CENTRE_NAME} <{CONTACT_EMAIL}>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
# Letters have a sender, hence a reputation, of their own (R3.09), on a domain that signs (R3.02).
_letters_from = f"{CENTRE_NAME} <lettre@lettre.{CONTACT_EMAIL.partition('@')[2]}>"
LIST_FROM_EMAIL = env.text("EMN_LIST_FROM_EMAIL", _letters_from if DEMO else DEFAULT_FROM_EMAIL)
LIST_DOMAIN = parseaddr(LIST_FROM_EMAIL)[1].rpartition("@")[2]
BOUNCE_DOMAIN = env.text("EMN_BOUNCE_DOMAIN", LIST_DOMAIN)
# Where returns arrive: `emn/mailings/mailbox_address.py` gives the forms.
BOUNCES = env.parsed("EMN_BOUNCES_URL", mailbox_address.parse)
DKIM_DOMAINS = env.words("EMN_DKIM_DOMAINS", [CONTACT_EMAIL.partition("@")[2]] if DEMO else [])
EMAIL_BACKEND = "emn.mailings.backend.OutboxBackend"
MAIL_DIR = DATA_DIR / "mail"
RELAY_BACKEND = env.text("EMN_RELAY_BACKEND", "emn.mailings.relays.FolderRelay" if DEMO else None)
# Basic authentication of the provider's reports, as « name:secret »; two while one is replaced.
_webhook_secrets = env.words("EMN_ANYMAIL_WEBHOOK_SECRET")
if not all(re.fullmatch(r"[^:]+:.{20,}", secret) for secret in _webhook_secrets):
    raise ImproperlyConfigured(
        "EMN_ANYMAIL_WEBHOOK_SECRET s’écrit nom:secret, avec 20 signes au hasard au moins."
    )
ANYMAIL: dict[str, Any] = env.prefixed("EMN_ANYMAIL_") | {"WEBHOOK_SECRET": _webhook_secrets}
EMAIL_HOST = env.text("EMN_SMTP_HOST", "127.0.0.1")
EMAIL_PORT = env.integer("EMN_SMTP_PORT", 25)
EMAIL_HOST_USER = env.text("EMN_SMTP_USER", "")
EMAIL_HOST_PASSWORD = env.text("EMN_SMTP_PASSWORD", "")
EMAIL_USE_TLS = env.boolean("EMN_SMTP_STARTTLS", default=False)
EMAIL_USE_SSL = env.boolean("EMN_SMTP_TLS", default=False)
EMAIL_TIMEOUT = 30  # seconds
LIST_SMTP_HOST = env.text("EMN_LIST_SMTP_HOST", "" if DEMO else EMAIL_HOST)  # empty: a folder
LIST_SMTP_PORT = env.integer("EMN_LIST_SMTP_PORT", EMAIL_PORT)
LIST_SMTP_USER = env.text("EMN_LIST_SMTP_USER", EMAIL_HOST_USER)
LIST_SMTP_PASSWORD = env.text("EMN_LIST_SMTP_PASSWORD", EMAIL_HOST_PASSWORD)
LIST_CONNECTIONS = env.integer("EMN_LIST_CONNECTIONS", 4)  # to the relay, all hosts together
LIST_RATE = env.integer("EMN_LIST_RATE", 0)  # messages a second, all hosts together; 0: no limit
# « gmail.com=20,orange.fr=10 »: messages a second to a recipient domain.
LIST_DOMAIN_RATES = {
    domain.lower(): int(rate)
    for domain, _equals, rate in (
        word.partition("=") for word in env.words("EMN_LIST_DOMAIN_RATES")
    )
}
MAIL_HOURLY_CEILING = env.integer("EMN_MAIL_HOURLY_CEILING", 500)  # unsolicited, whole portal

# --- Backups ---
# What seals them; to be kept elsewhere than with them. Only `backup` and `restore` read it.
BACKUP_KEY = env.text("EMN_BACKUP_KEY", SECRET_KEY if DEMO else "")
# Days, weeks and months that keep their last backup.
BACKUP_KEEP = [int(count) for count in env.words("EMN_BACKUP_KEEP", ["7", "4", "3"])]
# Where each backup is copied to; with keys of its own, for the day the others are stolen.
BACKUP_BUCKET = env.parsed("EMN_BACKUP_URL", bucket.parse)
if len(BACKUP_KEEP) != 3:  # noqa: PLR2004 -- days, weeks, months
    raise ImproperlyConfigured("EMN_BACKUP_KEEP s’écrit jours,semaines,mois : 7,4,3.")

# --- Files ---
STATIC_URL = "/static/"
# A file of the centre goes before the portal's own: img/logo.svg, img/landscape.svg.
_centre_static = [CENTRE_DIR / "static"] if CENTRE_DIR else []
CENTRE_COLOURS = bool(CENTRE_DIR and (CENTRE_DIR / "static" / centre.COLOURS).is_file())
STATICFILES_DIRS = [*(each for each in _centre_static if each.is_dir()), BASE_DIR / "static"]
STATIC_ROOT = env.path("EMN_STATIC_ROOT", DATA_DIR / "static")
MEDIA_URL = "/media/"
MEDIA_ROOT = DATA_DIR / "media"
PRIVATE_MEDIA_ROOT = DATA_DIR / "private"
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "private": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": PRIVATE_MEDIA_ROOT, "base_url": None},
    },
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
# Instead of the two folders: a bucket, whose files the portal gives itself, so that none is public.
FILES_BUCKET = env.parsed("EMN_FILES_URL", bucket.parse)
if FILES_BUCKET:
    for _name, _folder, _url in (("default", "media", MEDIA_URL), ("private", "private", None)):
        STORAGES[_name] = {
            "BACKEND": "emn.lib.object_storage.ObjectStorage",
            "OPTIONS": {"bucket": FILES_BUCKET, "folder": _folder, "base_url": _url},
        }
WHITENOISE_KEEP_ONLY_HASHED_FILES = False
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
UPLOAD_MAX_BYTES = 10 * 1024 * 1024
REQUEST_MAX_BYTES = 12 * 1024 * 1024  # a whole request; Caddyfile says the same
IMAGE_MAX_PIXELS = 40_000_000

# --- Public pages ---
PAGE_MAX_AGE_S = 1
PAGE_STALE_S = 10

# --- API: read only, for anyone, without an account; emn.lib.api holds its rules ---
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "emn.lib.api.policies.AlwaysJson",
    "DEFAULT_THROTTLE_CLASSES": ["emn.lib.api.policies.AddressThrottle"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "emn.lib.api.problems.as_problem",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": f"Données de l’{CENTRE_NAME}",
    "DESCRIPTION": _(
        "Les prestataires numériques du territoire, les services qu’ils proposent, l’agenda du "
        "centre, les communes et les établissements du registre qui peuvent être montrés. En "
        "lecture seule, sans compte."
    ),
    "VERSION": "1",
    "CONTACT": {"email": CONTACT_EMAIL},
    "LICENSE": {
        "name": "Licence Ouverte 2.0",
        "url": "https://www.etalab.gouv.fr/licence-ouverte-open-licence/",
    },
    "SERVERS": [{"url": PUBLIC_URL}],
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "ENUM_NAME_OVERRIDES": {
        "LanguageEnum": "directory.enums.SpokenLanguage",
        "PortalLanguageEnum": "emn.accounts.enums.Language",
        "PublicationKindEnum": "observatory.survey_enums.PublicationKind",
    },
    "SORT_OPERATIONS": False,  # as the apps' urls.py give them
}

# --- Security ---
ALLOWED_HOSTS = env.words("EMN_ALLOWED_HOSTS", ["*"] if DEMO else [str(_public.hostname)])
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
# Exactly one proxy writes X-Forwarded-Proto and the last entry of X-Forwarded-For.
TRUSTED_PROXY_HOPS = int(env.boolean("EMN_BEHIND_PROXY", default=not DEMO))
if TRUSTED_PROXY_HOPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = SECURE
SECURE_REDIRECT_EXEMPT = [r"^sante/", r"^metrics$"]  # probes ask without TLS, inside
SECURE_HSTS_SECONDS = 2 * 365 * 24 * 3600 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE
SECURE_HSTS_PRELOAD = SECURE
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
SESSION_COOKIE_SECURE = SECURE
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_NAME = "__Host-emn-session" if SECURE else "emn-session"
CSRF_COOKIE_SECURE = SECURE
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "emn.home.csrf_failure"
CSRF_COOKIE_NAME = "__Host-emn-csrf" if SECURE else "emn-csrf"
LANGUAGE_COOKIE_SECURE = SECURE
X_FRAME_OPTIONS = "DENY"
# Browsers hold a form to `form-action` through its redirects: ProConnect's sign-in is one.
_sign_in_origins = [urljoin(PROCONNECT_URL, "/")] if PROCONNECT_URL else []
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "worker-src": [SELF],
        "form-action": [SELF, *_sign_in_origins],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
    }
}
PERMISSIONS_POLICY: dict[str, list[str]] = {
    "camera": [],
    "display-capture": [],
    "geolocation": ["self"],
    "microphone": [],
    "payment": [],
    "usb": [],
}

# --- Logs, metrics, errors ---
# What a collector gives to read /metrics; closed while empty.
METRICS_TOKEN = env.text("EMN_METRICS_TOKEN", "")
# Whom errors are told to, grouped; they are in the log in any case.
ERROR_RECIPIENTS = env.words("EMN_ERROR_RECIPIENTS")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"},
        "json": {"()": "emn.lib.logs.JsonFormatter"},
    },
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "line" if DEMO else "json"},
        "reports": {"()": "emn.mailings.error_reports.ReportHandler"},
    },
    # Whoever asks under another name may cause it: an answer 400, and nobody has to act.
    "loggers": {"django.security.DisallowedHost": {"level": "CRITICAL"}},
    "root": {"handlers": ["console", "reports"], "level": env.text("EMN_LOG_LEVEL", "INFO")},
}
