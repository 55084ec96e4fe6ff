"""What members bring along from elsewhere: found again here, shown first, taken in, undone.

Owns `member_imports` and `member_import_rows`. An upload is read at once and only its rows are
kept; a job asks the catalog which films they mean and takes in those that are sure.
"""
