"""What was found, given or done: problems, vaccines, medication, laboratory values, allergies, alerts, vitals.

`proposing` finds the words in a file's lines; `reading` makes parts of the words, whoever found them.
"""
