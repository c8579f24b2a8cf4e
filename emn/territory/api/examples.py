"""Answers shown in the description of the API; the establishment is invented."""

EPCI_NAME = {"siren": "200068146", "name": "CC Sarrebourg Moselle Sud"}
EPCI = EPCI_NAME | {
    "name": "CC Sarrebourg Moselle Sud",
    "usual_name": "",
    "kind": "CC",
    "kind_label": "communauté de communes",
}
COMMUNE = {
    "insee_code": "57630",
    "name": "Sarrebourg",
    "postcodes": ["57400"],
    "departement_code": "57",
    "epci": EPCI_NAME,
    "population": 12170,
    "area_km2": 16.4,
    "latitude": 48.7383,
    "longitude": 7.04706,
}
ESTABLISHMENT = {
    "siret": "00090977000018",
    "siren": "000909770",
    "is_diffusible": True,
    "name": "ATELIER DU SILLON",
    "legal_name": "ATELIER DU SILLON",
    "street": "31 BIS RUE DES METIERS",
    "postcode": "57000",
    "commune_code": "57463",
    "commune_name": "Metz",
    "latitude": 49.10833,
    "longitude": 6.19589,
    "naf_code": "62.01Z",
    "naf_nomenclature": "NAFRev2",
    "naf_label": "Programmation informatique",
    "is_open": True,
    "is_head_office": True,
    "headcount_band": "03",
    "headcount_year": 2024,
    "created_on": "2011-05-23",
}
