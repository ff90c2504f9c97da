"""The dashboard's pages as stories speak of them: found by role and label, never by class."""
