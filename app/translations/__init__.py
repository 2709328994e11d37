"""The words of every language but English: one .po file per room and language, compiled into one catalogue at set-up."""
