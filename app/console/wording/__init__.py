"""Templates in the console: the words of every campaign's steps in all languages, seen as they will look while they are typed."""
