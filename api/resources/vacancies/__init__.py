"""The JSON API of vacancies."""
