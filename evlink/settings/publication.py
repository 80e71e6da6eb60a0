"""The settings of Charge history / Publication settings (R-196 to R-209)."""

from __future__ import annotations

from evlink.settings.conditions import All, Is, On
from evlink.settings.kinds import Choice, Flag, Option, Secret, Text, Whole
from evlink.settings.label import Label, both
from evlink.settings.model import Cfg, Code, Right, Setting
from evlink.settings.places import Host, Mailbox
from evlink.settings.tabs import PUBLICATION
from evlink.settings.words import YES_NO

SETTINGS: tuple[Setting, ...] = (
    Setting(
        "charge_history.publication.frequency",
        Label("Sending frequency", "Fréquence d'envoi"),
        Choice(
            (
                Option("disabled", Label("Disabled", "Désactivée"), "0"),
                Option("daily", Label("Daily", "Quotidien"), "1"),
                Option("weekly", Label("Weekly", "Hebdomadaire"), "2"),
                Option("monthly", Label("Monthly", "Mensuel"), "3"),
            )
        ),
        PUBLICATION,
        factory="disabled",
        user=Right.WRITE,
        cfg=Cfg("REPORT GLOBAL", "GlobalLogReportPeriod"),
        note=Label(
            "Daily, on Mondays, or on the first of the month, at 00:01; only charges not sent before.",
            "Chaque jour, le lundi ou le premier du mois, à 00:01 ; seulement les charges pas encore envoyées.",
        ),
    ),
    Setting(
        "charge_history.publication.protocol",
        Label("Protocol", "Protocole"),
        Choice(
            (
                Option("smtp", both("SMTP"), "1"),
                Option("ftp", both("FTP"), "2"),
                Option("http", both("HTTP"), "3"),
            )
        ),
        PUBLICATION,
        factory="smtp",
        user=Right.WRITE,
        cfg=Cfg("REPORT GLOBAL", "PublicationProtocol"),
        note=Label(
            "How the charges are sent; only its own fields count.",
            "Comment les charges sont envoyées ; seuls ses champs comptent.",
        ),
        warning=Label(
            "None of them is secure on an open network: keep the server on a protected one.",
            "Aucun n'est sûr sur un réseau ouvert : garder le serveur sur un réseau protégé.",
        ),
    ),
    Setting(
        "charge_history.publication.smtp_server",
        Label("SMTP server", "Serveur"),
        Host(("smtp", "smtps")),
        PUBLICATION,
        user=Right.WRITE,
        visible=Is("charge_history.publication.protocol", "smtp"),
        cfg=Cfg("REPORT CHARGE LOGS", "SmtplServer"),
        note=Label("Mail server by name, address or URL.", "Serveur de messagerie : nom, adresse ou URL."),
        required=True,
    ),
    Setting(
        "charge_history.publication.smtp_port",
        Label("SMTP port", "Port"),
        Whole(25, 587),
        PUBLICATION,
        factory=25,
        user=Right.WRITE,
        visible=Is("charge_history.publication.protocol", "smtp"),
        cfg=Cfg("REPORT CHARGE LOGS", "SmtplPort"),
        note=Label("25, 465 or 587 as a rule.", "25, 465 ou 587 en règle générale."),
        required=True,
    ),
    Setting(
        "charge_history.publication.smtp_authentication",
        Label("Authentication required", "Authentification requise"),
        Flag(both("On"), both("Off")),
        PUBLICATION,
        factory=False,
        user=Right.WRITE,
        visible=Is("charge_history.publication.protocol", "smtp"),
        cfg=Cfg("REPORT CHARGE LOGS", "SmtplAuthentication", Code.WORD),
        note=Label(
            "The mail server asks for user name and password.",
            "Le serveur de messagerie demande nom d'utilisateur et mot de passe.",
        ),
    ),
    Setting(
        "charge_history.publication.smtp_username",
        Label("User name", "Nom d'utilisateur"),
        Text(),
        PUBLICATION,
        user=Right.WRITE,
        visible=All(
            Is("charge_history.publication.protocol", "smtp"), On("charge_history.publication.smtp_authentication")
        ),
        cfg=Cfg("REPORT CHARGE LOGS", "SmtplLogin"),
        note=Label("Account on the mail server.", "Compte sur le serveur de messagerie."),
    ),
    Setting(
        "charge_history.publication.smtp_password",
        Label("Password", "Mot de passe"),
        Secret(),
        PUBLICATION,
        user=Right.WRITE,
        visible=All(
            Is("charge_history.publication.protocol", "smtp"), On("charge_history.publication.smtp_authentication")
        ),
        cfg=Cfg("REPORT CHARGE LOGS", "SmtplPassword", Code.NEVER),
        note=Label("Never shown nor exported.", "Jamais affiché ni exporté."),
    ),
    Setting(
        "charge_history.publication.smtp_sender",
        Label("Sender", "Emetteur"),
        Mailbox(max_length=254),
        PUBLICATION,
        user=Right.WRITE,
        visible=Is("charge_history.publication.protocol", "smtp"),
        cfg=Cfg("REPORT CHARGE LOGS", "SmtplSender"),
        note=Label("Address that the mails come from.", "Adresse d'où partent les courriels."),
        required=True,
    ),
    Setting(
        "charge_history.publication.smtp_recipients",
        Label("Recipient", "Destinataire"),
        Mailbox(several=True, max_length=254),
        PUBLICATION,
        user=Right.WRITE,
        visible=Is("charge_history.publication.protocol", "smtp"),
        cfg=Cfg("REPORT CHARGE LOGS", "SmtplLogsReceiver"),
        note=Label(
            "Addresses joined by a semicolon without spaces.", "Adresses séparées par un point-virgule sans espace."
        ),
        required=True,
    ),
    Setting(
        "charge_history.publication.ftp_server",
        Label("FTP server", "Serveur"),
        Host(("ftp", "ftps")),
        PUBLICATION,
        user=Right.WRITE,
        visible=Is("charge_history.publication.protocol", "ftp"),
        cfg=Cfg("REPORT FTP", "FtpServer"),
        note=Label("FTP server by name, address or URL.", "Serveur FTP : nom, adresse ou URL."),
        required=True,
    ),
    Setting(
        "charge_history.publication.ftp_authentication",
        Label("Authentication required", "Authentification requise"),
        Flag(both("On"), both("Off")),
        PUBLICATION,
        factory=False,
        user=Right.WRITE,
        visible=Is("charge_history.publication.protocol", "ftp"),
        cfg=Cfg("REPORT FTP", "FtpAuthent", Code.WORD),
        note=Label(
            "The FTP server asks for user name and password.",
            "Le serveur FTP demande nom d'utilisateur et mot de passe.",
        ),
    ),
    Setting(
        "charge_history.publication.ftp_username",
        Label("User name", "Nom d'utilisateur"),
        Text(),
        PUBLICATION,
        user=Right.WRITE,
        visible=All(
            Is("charge_history.publication.protocol", "ftp"), On("charge_history.publication.ftp_authentication")
        ),
        cfg=Cfg("REPORT FTP", "FtpLogin"),
        note=Label("Account on the FTP server.", "Compte sur le serveur FTP."),
    ),
    Setting(
        "charge_history.publication.ftp_password",
        Label("Password", "Mot de passe"),
        Secret(),
        PUBLICATION,
        user=Right.WRITE,
        visible=All(
            Is("charge_history.publication.protocol", "ftp"), On("charge_history.publication.ftp_authentication")
        ),
        cfg=Cfg("REPORT FTP", "FtpPassword", Code.NEVER),
        note=Label("Never shown nor exported.", "Jamais affiché ni exporté."),
    ),
    Setting(
        "charge_history.publication.ftp_port",
        Label("FTP port", "Port FTP"),
        Whole(1, 9999),
        PUBLICATION,
        factory=21,
        user=Right.WRITE,
        visible=Is("charge_history.publication.protocol", "ftp"),
        cfg=Cfg("REPORT FTP", "FtpPort"),
        note=Label("21 as a rule.", "21 en règle générale."),
        required=True,
    ),
    Setting(
        "charge_history.publication.ftp_passive_mode",
        Label("Passive mode", "Mode passif"),
        YES_NO,
        PUBLICATION,
        factory=False,
        user=Right.WRITE,
        visible=Is("charge_history.publication.protocol", "ftp"),
        cfg=Cfg("REPORT FTP", "FtpPassif", Code.DIGIT),
        note=Label(
            "The station opens the data connection, which firewalls let through more often.",
            "La borne ouvre la connexion de données, ce que les pare-feu admettent plus souvent.",
        ),
    ),
    Setting(
        "charge_history.publication.http_server",
        Label("HTTP server", "Serveur"),
        Host(("http", "https")),
        PUBLICATION,
        user=Right.WRITE,
        visible=Is("charge_history.publication.protocol", "http"),
        cfg=Cfg("REPORT HTTP", "HttpServer"),
        note=Label("HTTP server by name, address or URL.", "Serveur HTTP : nom, adresse ou URL."),
        required=True,
    ),
    Setting(
        "charge_history.publication.http_authentication",
        Label("Authentication required", "Authentification requise"),
        Flag(both("On"), both("Off")),
        PUBLICATION,
        factory=False,
        user=Right.WRITE,
        visible=Is("charge_history.publication.protocol", "http"),
        cfg=Cfg("REPORT HTTP", "HttpAuthent", Code.WORD),
        note=Label(
            "The HTTP server asks for user name and password.",
            "Le serveur HTTP demande nom d'utilisateur et mot de passe.",
        ),
    ),
    Setting(
        "charge_history.publication.http_username",
        Label("User name", "Nom d'utilisateur"),
        Text(),
        PUBLICATION,
        user=Right.WRITE,
        visible=All(
            Is("charge_history.publication.protocol", "http"), On("charge_history.publication.http_authentication")
        ),
        cfg=Cfg("REPORT HTTP", "HttpLogin"),
        note=Label("Account on the HTTP server.", "Compte sur le serveur HTTP."),
    ),
    Setting(
        "charge_history.publication.http_password",
        Label("Password", "Mot de passe"),
        Secret(),
        PUBLICATION,
        user=Right.WRITE,
        visible=All(
            Is("charge_history.publication.protocol", "http"), On("charge_history.publication.http_authentication")
        ),
        cfg=Cfg("REPORT HTTP", "HttpPassword", Code.NEVER),
        note=Label("Never shown nor exported.", "Jamais affiché ni exporté."),
    ),
    Setting(
        "charge_history.publication.http_port",
        Label("HTTP port", "Port HTTP"),
        Whole(1, 9999),
        PUBLICATION,
        factory=80,
        user=Right.WRITE,
        visible=Is("charge_history.publication.protocol", "http"),
        cfg=Cfg("REPORT HTTP", "HttpPort"),
        note=Label("80 as a rule.", "80 en règle générale."),
        required=True,
    ),
    Setting(
        "charge_history.publication.http_path",
        Label("Path", "Chemin"),
        Text(99),
        PUBLICATION,
        user=Right.WRITE,
        visible=Is("charge_history.publication.protocol", "http"),
        cfg=Cfg("REPORT HTTP", "HttpPath"),
        note=Label("Where on the server the files go.", "Où vont les fichiers sur le serveur."),
        required=True,
    ),
    Setting(
        "charge_history.publication.http_field_name",
        Label("Field name", "Nom du champ"),
        Text(49),
        PUBLICATION,
        user=Right.WRITE,
        visible=Is("charge_history.publication.protocol", "http"),
        cfg=Cfg("REPORT HTTP", "HttpField"),
        note=Label("Name of the form field that carries the file.", "Nom du champ de formulaire qui porte le fichier."),
        required=True,
    ),
    Setting(
        "charge_history.publication.field_separator",
        Label("Field separator", "Séparateur de champ"),
        Choice(
            (
                Option("semicolon", Label("Semicolon", "Point virgule"), "1", character=";"),
                Option("comma", Label("Comma", "Virgule"), "2", character=","),
                Option("tab", Label("Tab", "Tabulation"), "3", character="\t"),
            )
        ),
        PUBLICATION,
        factory="semicolon",
        user=Right.WRITE,
        cfg=Cfg("REPORT GLOBAL", "FieldSeparator"),
        note=Label("Between the columns of the .csv files.", "Entre les colonnes des fichiers .csv."),
    ),
    Setting(
        "charge_history.publication.decimal_separator",
        Label("Decimal separator", "Séparateur de décimale"),
        Choice(
            (
                Option("comma", Label("Comma", "Virgule"), "1", character=","),
                Option("point", both("Point"), "2", character="."),
            )
        ),
        PUBLICATION,
        factory="comma",
        user=Right.WRITE,
        cfg=Cfg("REPORT GLOBAL", "DecimalSeparator"),
        note=Label("In the numbers of the .csv files.", "Dans les nombres des fichiers .csv."),
    ),
)
