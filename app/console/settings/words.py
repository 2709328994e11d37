"""What refusals about settings say."""

from app.web.language import gettext as _
from app.web.refusals import register

register(
    {
        "settings_moved": lambda p: _("Somebody else has changed this since you looked."),
        "setting_why": lambda p: _("Say why, in a sentence or two."),
        "bad_setting": lambda p: _("A value is not possible any more. Nothing has changed."),
        "bad_changes": lambda p: _("The changes did not arrive whole. Go back and send them again."),
        "no_such_section": lambda p: _("There are no such settings here."),
        "segment_gone": lambda p: _("The segment of this version is no more. Bring it back first."),
        "no_such_version": lambda p: _("There is no version of this number."),
        "facts_moved": lambda p: _("Somebody else has changed the store since you looked. This is how it is now."),
    }
)
