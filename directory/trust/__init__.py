"""The « indice de confiance e-TIC »: calendar, facts, parameters, formula. Pure."""
