"""Why a campaign is not changed. Each leaves it as it was."""

from app.errors import Conflict, Invalid, NotFound


class CampaignNotFound(NotFound):
    """No such campaign in this store."""

    code = "campaign_not_found"


class UnknownPreset(Invalid):
    """No preset of this name (`preset`)."""

    code = "preset_unknown"


class BadCampaign(Invalid):
    """A document that is no campaign; `about` says which field, as msgspec names it."""

    code = "campaign_malformed"


class TriggerFixed(Invalid):
    """What begins a campaign's episodes cannot be changed: they would mean something else from one day to the next."""

    code = "campaign_trigger_fixed"


class DraftChanged(Conflict):
    """Somebody saved another draft meanwhile: `draft` is theirs, of `draft_version`, saved by `by` at `at`."""

    code = "campaign_draft_changed"


class NotPublishable(Invalid):
    """Something blocks publishing: `problems` are all of them (recovery/problems.py)."""

    code = "campaign_not_publishable"


class CampaignState(Conflict):
    """That cannot be done with a campaign in its state (`state`)."""

    code = "campaign_state"


class NothingToPreview(Invalid):
    """No such step, sample or language, or words that cannot be rendered: `problems` say what is wrong with them."""

    code = "campaign_nothing_to_preview"
