// The zones of the IANA tz database, version 2025b: made from the compiled files of all its zones and links. Each file ends
// in the rule for the time to come; a line here is a rule and the zones that have it. Rules of the past are left out.
extension ZoneInfo {
    static let table = """
        <+00>0<+02>-2,M3.5.0/1,M10.5.0/3 Antarctica/Troll
        <+01>-1 Etc/GMT-1
        <+02>-2 Etc/GMT-2
        <+0330>-3:30 Asia/Tehran Iran
        <+03>-3 Antarctica/Syowa Asia/Aden Asia/Amman Asia/Baghdad Asia/Bahrain Asia/Damascus Asia/Istanbul Asia/Kuwait Asia/Qatar
        <+03>-3 Asia/Riyadh Etc/GMT-3 Europe/Istanbul Europe/Minsk Turkey
        <+0430>-4:30 Asia/Kabul
        <+04>-4 Asia/Baku Asia/Dubai Asia/Muscat Asia/Tbilisi Asia/Yerevan Etc/GMT-4 Europe/Astrakhan Europe/Samara Europe/Saratov
        <+04>-4 Europe/Ulyanovsk Indian/Mahe Indian/Mauritius Indian/Reunion
        <+0530>-5:30 Asia/Colombo
        <+0545>-5:45 Asia/Kathmandu Asia/Katmandu
        <+05>-5 Antarctica/Mawson Antarctica/Vostok Asia/Almaty Asia/Aqtau Asia/Aqtobe Asia/Ashgabat Asia/Ashkhabad Asia/Atyrau
        <+05>-5 Asia/Dushanbe Asia/Oral Asia/Qostanay Asia/Qyzylorda Asia/Samarkand Asia/Tashkent Asia/Yekaterinburg Etc/GMT-5
        <+05>-5 Indian/Kerguelen Indian/Maldives
        <+0630>-6:30 Asia/Rangoon Asia/Yangon Indian/Cocos
        <+06>-6 Asia/Bishkek Asia/Dacca Asia/Dhaka Asia/Kashgar Asia/Omsk Asia/Thimbu Asia/Thimphu Asia/Urumqi Etc/GMT-6 Indian/Chagos
        <+07>-7 Antarctica/Davis Asia/Bangkok Asia/Barnaul Asia/Ho_Chi_Minh Asia/Hovd Asia/Krasnoyarsk Asia/Novokuznetsk
        <+07>-7 Asia/Novosibirsk Asia/Phnom_Penh Asia/Saigon Asia/Tomsk Asia/Vientiane Etc/GMT-7 Indian/Christmas
        <+0845>-8:45 Australia/Eucla
        <+08>-8 Antarctica/Casey Asia/Brunei Asia/Choibalsan Asia/Irkutsk Asia/Kuala_Lumpur Asia/Kuching Asia/Singapore Asia/Ulaanbaatar
        <+08>-8 Asia/Ulan_Bator Etc/GMT-8 Singapore
        <+09>-9 Asia/Chita Asia/Dili Asia/Khandyga Asia/Yakutsk Etc/GMT-9 Pacific/Palau
        <+1030>-10:30<+11>-11,M10.1.0,M4.1.0 Australia/LHI Australia/Lord_Howe
        <+10>-10 Antarctica/DumontDUrville Asia/Ust-Nera Asia/Vladivostok Etc/GMT-10 Pacific/Chuuk Pacific/Port_Moresby Pacific/Truk
        <+10>-10 Pacific/Yap
        <+11>-11 Asia/Magadan Asia/Sakhalin Asia/Srednekolymsk Etc/GMT-11 Pacific/Bougainville Pacific/Efate Pacific/Guadalcanal
        <+11>-11 Pacific/Kosrae Pacific/Noumea Pacific/Pohnpei Pacific/Ponape
        <+11>-11<+12>,M10.1.0,M4.1.0/3 Pacific/Norfolk
        <+1245>-12:45<+1345>,M9.5.0/2:45,M4.1.0/3:45 NZ-CHAT Pacific/Chatham
        <+12>-12 Asia/Anadyr Asia/Kamchatka Etc/GMT-12 Kwajalein Pacific/Fiji Pacific/Funafuti Pacific/Kwajalein Pacific/Majuro
        <+12>-12 Pacific/Nauru Pacific/Tarawa Pacific/Wake Pacific/Wallis
        <+13>-13 Etc/GMT-13 Pacific/Apia Pacific/Enderbury Pacific/Fakaofo Pacific/Kanton Pacific/Tongatapu
        <+14>-14 Etc/GMT-14 Pacific/Kiritimati
        <-00>0 Factory
        <-01>1 Atlantic/Cape_Verde Etc/GMT+1
        <-01>1<+00>,M3.5.0/0,M10.5.0/1 Atlantic/Azores
        <-02>2 America/Noronha Atlantic/South_Georgia Brazil/DeNoronha Etc/GMT+2
        <-02>2<-01>,M3.5.0/-1,M10.5.0/0 America/Godthab America/Nuuk America/Scoresbysund
        <-03>3 America/Araguaina America/Argentina/Buenos_Aires America/Argentina/Catamarca America/Argentina/ComodRivadavia
        <-03>3 America/Argentina/Cordoba America/Argentina/Jujuy America/Argentina/La_Rioja America/Argentina/Mendoza
        <-03>3 America/Argentina/Rio_Gallegos America/Argentina/Salta America/Argentina/San_Juan America/Argentina/San_Luis
        <-03>3 America/Argentina/Tucuman America/Argentina/Ushuaia America/Asuncion America/Bahia America/Belem America/Buenos_Aires
        <-03>3 America/Catamarca America/Cayenne America/Cordoba America/Coyhaique America/Fortaleza America/Jujuy America/Maceio
        <-03>3 America/Mendoza America/Montevideo America/Paramaribo America/Punta_Arenas America/Recife America/Rosario
        <-03>3 America/Santarem America/Sao_Paulo Antarctica/Palmer Antarctica/Rothera Atlantic/Stanley Brazil/East Etc/GMT+3
        <-03>3<-02>,M3.2.0,M11.1.0 America/Miquelon
        <-04>4 America/Boa_Vista America/Campo_Grande America/Caracas America/Cuiaba America/Guyana America/La_Paz America/Manaus
        <-04>4 America/Porto_Velho Brazil/West Etc/GMT+4
        <-04>4<-03>,M9.1.6/24,M4.1.6/24 America/Santiago Chile/Continental
        <-05>5 America/Bogota America/Eirunepe America/Guayaquil America/Lima America/Porto_Acre America/Rio_Branco Brazil/Acre
        <-05>5 Etc/GMT+5
        <-06>6 Etc/GMT+6 Pacific/Galapagos
        <-06>6<-05>,M9.1.6/22,M4.1.6/22 Chile/EasterIsland Pacific/Easter
        <-07>7 Etc/GMT+7
        <-08>8 Etc/GMT+8 Pacific/Pitcairn
        <-0930>9:30 Pacific/Marquesas
        <-09>9 Etc/GMT+9 Pacific/Gambier
        <-10>10 Etc/GMT+10 Pacific/Rarotonga Pacific/Tahiti
        <-11>11 Etc/GMT+11 Pacific/Niue
        <-12>12 Etc/GMT+12
        ACST-9:30 Australia/Darwin Australia/North
        ACST-9:30ACDT,M10.1.0,M4.1.0/3 Australia/Adelaide Australia/Broken_Hill Australia/South Australia/Yancowinna
        AEST-10 Australia/Brisbane Australia/Lindeman Australia/Queensland
        AEST-10AEDT,M10.1.0,M4.1.0/3 Antarctica/Macquarie Australia/ACT Australia/Canberra Australia/Currie Australia/Hobart
        AEST-10AEDT,M10.1.0,M4.1.0/3 Australia/Melbourne Australia/NSW Australia/Sydney Australia/Tasmania Australia/Victoria
        AKST9AKDT,M3.2.0,M11.1.0 America/Anchorage America/Juneau America/Metlakatla America/Nome America/Sitka America/Yakutat
        AKST9AKDT,M3.2.0,M11.1.0 US/Alaska
        AST4 America/Anguilla America/Antigua America/Aruba America/Barbados America/Blanc-Sablon America/Curacao America/Dominica
        AST4 America/Grenada America/Guadeloupe America/Kralendijk America/Lower_Princes America/Marigot America/Martinique
        AST4 America/Montserrat America/Port_of_Spain America/Puerto_Rico America/Santo_Domingo America/St_Barthelemy America/St_Kitts
        AST4 America/St_Lucia America/St_Thomas America/St_Vincent America/Tortola America/Virgin
        AST4ADT,M3.2.0,M11.1.0 America/Glace_Bay America/Goose_Bay America/Halifax America/Moncton America/Thule Atlantic/Bermuda
        AST4ADT,M3.2.0,M11.1.0 Canada/Atlantic
        AWST-8 Australia/Perth Australia/West
        CAT-2 Africa/Blantyre Africa/Bujumbura Africa/Gaborone Africa/Harare Africa/Juba Africa/Khartoum Africa/Kigali Africa/Lubumbashi
        CAT-2 Africa/Lusaka Africa/Maputo Africa/Windhoek
        CET-1 Africa/Algiers Africa/Tunis
        CET-1CEST,M3.5.0,M10.5.0/3 Africa/Ceuta Arctic/Longyearbyen Atlantic/Jan_Mayen CET Europe/Amsterdam Europe/Andorra
        CET-1CEST,M3.5.0,M10.5.0/3 Europe/Belgrade Europe/Berlin Europe/Bratislava Europe/Brussels Europe/Budapest Europe/Busingen
        CET-1CEST,M3.5.0,M10.5.0/3 Europe/Copenhagen Europe/Gibraltar Europe/Ljubljana Europe/Luxembourg Europe/Madrid Europe/Malta
        CET-1CEST,M3.5.0,M10.5.0/3 Europe/Monaco Europe/Oslo Europe/Paris Europe/Podgorica Europe/Prague Europe/Rome Europe/San_Marino
        CET-1CEST,M3.5.0,M10.5.0/3 Europe/Sarajevo Europe/Skopje Europe/Stockholm Europe/Tirane Europe/Vaduz Europe/Vatican
        CET-1CEST,M3.5.0,M10.5.0/3 Europe/Vienna Europe/Warsaw Europe/Zagreb Europe/Zurich Poland
        CST-8 Asia/Chongqing Asia/Chungking Asia/Harbin Asia/Macao Asia/Macau Asia/Shanghai Asia/Taipei PRC ROC
        CST5CDT,M3.2.0/0,M11.1.0/1 America/Havana Cuba
        CST6 America/Bahia_Banderas America/Belize America/Chihuahua America/Costa_Rica America/El_Salvador America/Guatemala
        CST6 America/Managua America/Merida America/Mexico_City America/Monterrey America/Regina America/Swift_Current
        CST6 America/Tegucigalpa Canada/Saskatchewan Mexico/General
        CST6CDT,M3.2.0,M11.1.0 America/Chicago America/Indiana/Knox America/Indiana/Tell_City America/Knox_IN America/Matamoros
        CST6CDT,M3.2.0,M11.1.0 America/Menominee America/North_Dakota/Beulah America/North_Dakota/Center America/North_Dakota/New_Salem
        CST6CDT,M3.2.0,M11.1.0 America/Ojinaga America/Rainy_River America/Rankin_Inlet America/Resolute America/Winnipeg CST6CDT
        CST6CDT,M3.2.0,M11.1.0 Canada/Central US/Central US/Indiana-Starke
        ChST-10 Pacific/Guam Pacific/Saipan
        EAT-3 Africa/Addis_Ababa Africa/Asmara Africa/Asmera Africa/Dar_es_Salaam Africa/Djibouti Africa/Kampala Africa/Mogadishu
        EAT-3 Africa/Nairobi Indian/Antananarivo Indian/Comoro Indian/Mayotte
        EET-2 Africa/Tripoli Europe/Kaliningrad Libya
        EET-2EEST,M3.5.0,M10.5.0/3 Europe/Chisinau Europe/Tiraspol
        EET-2EEST,M3.5.0/0,M10.5.0/0 Asia/Beirut
        EET-2EEST,M3.5.0/3,M10.5.0/4 Asia/Famagusta Asia/Nicosia EET Europe/Athens Europe/Bucharest Europe/Helsinki Europe/Kiev
        EET-2EEST,M3.5.0/3,M10.5.0/4 Europe/Kyiv Europe/Mariehamn Europe/Nicosia Europe/Riga Europe/Sofia Europe/Tallinn Europe/Uzhgorod
        EET-2EEST,M3.5.0/3,M10.5.0/4 Europe/Vilnius Europe/Zaporozhye
        EET-2EEST,M4.5.5/0,M10.5.4/24 Africa/Cairo Egypt
        EST5 America/Atikokan America/Cancun America/Cayman America/Coral_Harbour America/Jamaica America/Panama EST Jamaica
        EST5EDT,M3.2.0,M11.1.0 America/Detroit America/Fort_Wayne America/Grand_Turk America/Indiana/Indianapolis
        EST5EDT,M3.2.0,M11.1.0 America/Indiana/Marengo America/Indiana/Petersburg America/Indiana/Vevay America/Indiana/Vincennes
        EST5EDT,M3.2.0,M11.1.0 America/Indiana/Winamac America/Indianapolis America/Iqaluit America/Kentucky/Louisville
        EST5EDT,M3.2.0,M11.1.0 America/Kentucky/Monticello America/Louisville America/Montreal America/Nassau America/New_York
        EST5EDT,M3.2.0,M11.1.0 America/Nipigon America/Pangnirtung America/Port-au-Prince America/Thunder_Bay America/Toronto
        EST5EDT,M3.2.0,M11.1.0 Canada/Eastern EST5EDT US/East-Indiana US/Eastern US/Michigan
        GMT0 Africa/Abidjan Africa/Accra Africa/Bamako Africa/Banjul Africa/Bissau Africa/Conakry Africa/Dakar Africa/Freetown
        GMT0 Africa/Lome Africa/Monrovia Africa/Nouakchott Africa/Ouagadougou Africa/Sao_Tome Africa/Timbuktu America/Danmarkshavn
        GMT0 Atlantic/Reykjavik Atlantic/St_Helena Etc/GMT Etc/GMT+0 Etc/GMT-0 Etc/GMT0 Etc/Greenwich GMT GMT+0 GMT-0 GMT0 Greenwich
        GMT0 Iceland
        GMT0BST,M3.5.0/1,M10.5.0 Europe/Belfast Europe/Guernsey Europe/Isle_of_Man Europe/Jersey Europe/London GB GB-Eire
        HKT-8 Asia/Hong_Kong Hongkong
        HST10 HST Pacific/Honolulu Pacific/Johnston US/Hawaii
        HST10HDT,M3.2.0,M11.1.0 America/Adak America/Atka US/Aleutian
        IST-1GMT0,M10.5.0,M3.5.0/1 Eire Europe/Dublin
        IST-2IDT,M3.4.4/26,M10.5.0 Asia/Jerusalem Asia/Tel_Aviv Israel
        IST-5:30 Asia/Calcutta Asia/Kolkata
        JST-9 Asia/Tokyo Japan
        KST-9 Asia/Pyongyang Asia/Seoul ROK
        MET-1MEST,M3.5.0,M10.5.0/3 MET
        MSK-3 Europe/Kirov Europe/Moscow Europe/Simferopol Europe/Volgograd W-SU
        MST7 America/Creston America/Dawson America/Dawson_Creek America/Fort_Nelson America/Hermosillo America/Mazatlan America/Phoenix
        MST7 America/Whitehorse Canada/Yukon MST Mexico/BajaSur US/Arizona
        MST7MDT,M3.2.0,M11.1.0 America/Boise America/Cambridge_Bay America/Ciudad_Juarez America/Denver America/Edmonton America/Inuvik
        MST7MDT,M3.2.0,M11.1.0 America/Shiprock America/Yellowknife Canada/Mountain MST7MDT Navajo US/Mountain
        NST3:30NDT,M3.2.0,M11.1.0 America/St_Johns Canada/Newfoundland
        NZST-12NZDT,M9.5.0,M4.1.0/3 Antarctica/McMurdo Antarctica/South_Pole NZ Pacific/Auckland
        PKT-5 Asia/Karachi
        PST-8 Asia/Manila
        PST8PDT,M3.2.0,M11.1.0 America/Ensenada America/Los_Angeles America/Santa_Isabel America/Tijuana America/Vancouver
        PST8PDT,M3.2.0,M11.1.0 Canada/Pacific Mexico/BajaNorte PST8PDT US/Pacific
        SAST-2 Africa/Johannesburg Africa/Maseru Africa/Mbabane
        SST11 Pacific/Midway Pacific/Pago_Pago Pacific/Samoa US/Samoa
        UTC0 Etc/UCT Etc/UTC Etc/Universal Etc/Zulu UCT UTC Universal Zulu
        WAT-1 Africa/Bangui Africa/Brazzaville Africa/Douala Africa/Kinshasa Africa/Lagos Africa/Libreville Africa/Luanda Africa/Malabo
        WAT-1 Africa/Ndjamena Africa/Niamey Africa/Porto-Novo
        WET0WEST,M3.5.0/1,M10.5.0 Atlantic/Canary Atlantic/Faeroe Atlantic/Faroe Atlantic/Madeira Europe/Lisbon Portugal WET
        WIB-7 Asia/Jakarta Asia/Pontianak
        WIT-9 Asia/Jayapura
        WITA-8 Asia/Makassar Asia/Ujung_Pandang
        """

    /// Zones whose changes follow the moon: their offset now and the other one, in seconds, the hours since the start of
    /// 2026 at which one takes the place of the other, and the rule for the time after.
    static let lunar: [(zones: [String], offsets: (Int, Int), rule: String, hours: [Int])] = [
        (
            ["Africa/Casablanca", "Africa/El_Aaiun"], (3600, 0), "<+01>-1",
            [
                1082, 1922, 9650, 10490, 18050, 19058, 26618, 27458, 35018, 36026, 43586, 44426, 52154, 52994, 60554, 61562,
                69122, 69962, 77522, 78530, 86090, 87098, 94658, 95498, 103058, 104066, 111626, 112466, 120194, 121034, 128594,
                129602, 137162, 138002, 145562, 146570, 154130, 155138, 162698, 163538, 171098, 172106, 179666, 180506, 188234,
                189074, 196634, 197642, 205202, 206042, 213602, 214610, 222170, 223178, 230738, 231578, 239138, 240146, 247706,
                248546, 256274, 257114, 264674, 265682, 273242, 274082, 281642, 282650, 290210, 291218, 298778, 299618, 307178,
                308186, 315746, 316586, 324314, 325154, 332714, 333722, 341282, 342122, 349682, 350690, 358250, 359258, 366818,
                367658, 375218, 376226, 383786, 384626, 392354, 393194, 400754, 401762, 409322, 410162, 417722, 418730, 426290,
                427298, 434858, 435698, 443258, 444266, 451826, 452666, 460394, 461234, 468794, 469802, 477362, 478202, 485762,
                486770, 494330, 495170, 502898, 503738, 511298, 512306, 519866, 520706, 528434, 529274, 536834, 537842,
            ]
        ),
        (
            ["Asia/Gaza", "Asia/Hebron"], (7200, 10800), "EET-2EEST,M3.4.4/50,M10.4.4/50",
            [
                2064, 7103, 10800, 16007, 19536, 24743, 28272, 33479, 37176, 42215, 45912, 50951, 54648, 59855, 63384, 68591,
                72120, 77327, 80856, 86063, 89760, 94631, 98496, 103199, 107232, 111599, 115968, 120167, 124704, 128567, 129744,
                129911, 133608, 137135, 138144, 138647, 142344, 145703, 146712, 147383, 151080, 154103, 155280, 156119, 159816,
                162671, 163680, 165023, 168552, 171239, 172248, 173759, 177288, 179639, 180816, 182495, 186192, 188207, 189216,
                191231, 194928, 196607, 197784, 199967, 203664, 205175, 206184, 208871, 212400, 213743, 214752, 217607, 221136,
                222143, 223320, 226343, 230040, 230711, 231720, 235079, 238776, 239111, 240288, 243815, 247512, 247679, 248856,
                252551, 257256, 261455, 265824, 270191, 274224, 278927, 282792, 287663, 291360, 296399, 300096, 305303, 308832,
                314039, 317568, 322775, 326304, 331511, 335208, 340247, 343944, 348983, 352680, 357887, 361416, 366623, 370152,
                375191, 379056, 383759, 387792, 392327, 396528, 400727, 405264, 409295, 410304, 410471, 414000, 417863, 418872,
                419207, 422736, 426263, 427440, 427943, 431640, 434831, 435840, 436679, 440376, 443231, 444408, 445415, 449112,
                451799, 452976, 454319, 457848, 460367, 461376, 463055, 466584, 468767, 469944, 471791, 475488, 477335, 478344,
                480527, 484224, 485903, 486912, 489263, 492960, 494303, 495480, 497999, 501696, 502871, 503880, 506903, 510432,
                511271, 512448, 515639, 519168, 519839, 521016, 524375, 528072, 528407, 529416, 533111,
            ]
        ),
    ]
}
